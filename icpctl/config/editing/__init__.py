"""Change configs without touching any other byte: create, update, apply, delete."""
