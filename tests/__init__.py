"""Tests of icpctl; they mirror the tree."""
