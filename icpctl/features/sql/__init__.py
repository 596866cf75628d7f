"""The rules as SQL, for visitors that are in a warehouse."""
