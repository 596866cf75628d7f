"""Whether the ICP is right: what became of visitors, joined with what the configs say of them."""
