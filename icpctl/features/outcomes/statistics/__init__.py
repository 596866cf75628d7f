"""Intervals, tests and odds from counts, with NumPy alone. All intervals are 95 %, two-sided."""
