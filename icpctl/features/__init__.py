"""What icpctl does beyond validating configs and scoring visitors: one folder a feature."""
