"""A folder to start with: a config, its test, settings, and a check in CI."""
