"""One file a format, and one table for each kind of output."""
