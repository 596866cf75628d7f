"""What a scoring run prints and writes: tables, notes on stderr, and files of rows."""
