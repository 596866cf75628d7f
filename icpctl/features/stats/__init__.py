"""Visitors and matches over a period."""
