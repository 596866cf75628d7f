"""Reports of a run to look at: figures, and pages made of them."""
