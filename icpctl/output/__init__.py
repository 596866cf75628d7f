"""One file a format, behind one table for each kind of output."""
