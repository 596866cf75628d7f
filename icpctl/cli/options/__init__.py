"""The options of commands: single ones, groups, and what is made of them."""
