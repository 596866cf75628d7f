"""`list`, `get`, `create`, `update`, `edit`, `delete`, `apply`, `diff` and `schema`."""
