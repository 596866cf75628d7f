"""Exports of visitors: files, folders and streams to batches of columns."""
