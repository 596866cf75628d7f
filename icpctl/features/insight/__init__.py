"""Where configs lose visitors, and what changes would gain."""
