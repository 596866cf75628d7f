"""Reading exports: bytes to columns."""
