"""Mappings: where a record keeps what the condition types ask about."""
