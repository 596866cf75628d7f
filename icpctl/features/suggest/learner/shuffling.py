"""Chance that is the same on every machine, for any order of the rows, with any NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]
    Hashes = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def mix(numbers: Hashes) -> Hashes:
    """Well mixed 64 bits of each number: SplitMix64. Overflow is wanted."""
    mixed = numbers + _STEP
    mixed = (mixed ^ (mixed >> _SHIFTS[0])) * _FACTORS[0]
    mixed = (mixed ^ (mixed >> _SHIFTS[1])) * _FACTORS[1]
    return mixed ^ (mixed >> _SHIFTS[2])


def shuffled(count: int, *seeds: int) -> Integers:
    """The numbers from 0 to below `count` in an order that depends on the seeds alone."""
    start = np.zeros(1, np.uint64)
    for seed in seeds:
        start = mix(start ^ np.uint64(seed))
    return np.argsort(mix(np.arange(count, dtype=np.uint64) ^ start), kind="stable")


def content_hashes(columns: Sequence[NDArray[np.integer]]) -> Hashes:
    """A hash of each row's numbers in all columns.

    In the order of these, rows come by what is in them, and theirs in the file does not matter.
    """
    hashes = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        hashes = mix(hashes ^ column.astype(np.int64).view(np.uint64))
    return hashes
