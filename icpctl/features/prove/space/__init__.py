"""All possible visitors, as finitely many values of each field."""
