"""What a file of an unknown format holds: its mapping, or a draft of one."""
