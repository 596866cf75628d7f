"""Conditions to bits, and bits to verdicts: no file, no state."""
