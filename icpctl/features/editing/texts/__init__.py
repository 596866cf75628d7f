"""Edits of YAML and JSON that keep every byte that they are not about."""
