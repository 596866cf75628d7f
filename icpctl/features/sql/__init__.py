"""Write the rules as SQL, for visitors in a warehouse."""
