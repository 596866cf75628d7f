"""Where an export keeps each field."""
