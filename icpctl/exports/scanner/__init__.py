"""Bytes of JSON lines and CSV to columns of codes: the compiled scanner and its twin."""
