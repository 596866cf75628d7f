"""Findings: the codes, and what each means."""
