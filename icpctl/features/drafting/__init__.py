"""A mapping drafted for an export that no format fits; `inspect` and `init` use it."""
