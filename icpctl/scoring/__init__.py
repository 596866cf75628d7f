"""Configs x visitors -> verdicts."""
