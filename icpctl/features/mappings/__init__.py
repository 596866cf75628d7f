"""The built-in mappings, for people and programs."""
