"""One reader for each kind of file, and the choice between them."""
