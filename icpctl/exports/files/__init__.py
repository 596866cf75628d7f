"""Which files a call names, and their bytes: compression, archives, encodings."""
