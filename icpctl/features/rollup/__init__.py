"""Records of events or sessions to visitors."""
