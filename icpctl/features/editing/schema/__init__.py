"""The JSON Schema of configs, and its file beside them, for editors."""
