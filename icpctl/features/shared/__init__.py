"""What several features need, and the core does not."""
