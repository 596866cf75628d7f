"""The vocabulary and the finding codes, explained in the terminal."""
