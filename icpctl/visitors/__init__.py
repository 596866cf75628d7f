"""What a visitor is and how it is read."""
