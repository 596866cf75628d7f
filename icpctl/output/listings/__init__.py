"""What commands list: configs, the vocabulary, mappings, differences."""
