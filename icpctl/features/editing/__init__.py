"""Configs listed, printed and changed, without touching any other byte of their files."""
