"""What config would be right: one fitted to outcomes, checked on units that decided nothing."""
