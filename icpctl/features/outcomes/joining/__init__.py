"""Visitors and deals joined: units, and which of them take part."""
