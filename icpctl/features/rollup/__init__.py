"""Turn records of events or sessions into visitors."""
