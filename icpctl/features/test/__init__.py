"""Rule tests beside configs: what configs must say of example visitors."""
