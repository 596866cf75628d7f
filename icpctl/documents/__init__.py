"""Text with places: YAML and JSON as trees, and files of known keys."""
