"""What the configs of a folder share: named lists and custom fields."""
