"""What a config is and where it lives: model, documents, checks, folders."""
