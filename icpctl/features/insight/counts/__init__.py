"""What insight counts of visitors, batch by batch, and the changes that it counts them for."""
