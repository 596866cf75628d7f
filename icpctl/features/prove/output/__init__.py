"""Proofs for people and programs: as findings, and the tables and JSON of `icpctl prove`."""
