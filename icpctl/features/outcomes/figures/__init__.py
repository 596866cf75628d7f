"""From counts of units to rates, rankings and verdicts on conditions."""
