"""The vocabulary and the finding codes, for people and programs."""
