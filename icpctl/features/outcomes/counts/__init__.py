"""Units counted by outcome, from visitors and their deals."""
