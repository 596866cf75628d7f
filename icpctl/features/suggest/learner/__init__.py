"""The search for a config, on arrays alone: no file, no state."""
