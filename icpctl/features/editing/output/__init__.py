"""Printing configs, and what becomes of them."""
