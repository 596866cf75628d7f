"""Columns of scanned keys to one column for each field of a visitor."""
