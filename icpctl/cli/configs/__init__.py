"""The commands about configs."""
