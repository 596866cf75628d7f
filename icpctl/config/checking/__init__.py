"""Checks of configs that are valid as documents."""
