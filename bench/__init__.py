"""Benchmarks: how fast `icpctl score` is beside the mere parse and beside other engines."""
