"""Exports as Spark reads them: files, blocks, lines and rows of tables."""
