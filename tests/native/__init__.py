"""Tests of the compiled scanner: against the one in Python, and with hostile input."""
