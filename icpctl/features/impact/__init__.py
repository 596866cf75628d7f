"""What a change of configs does to visitors."""
