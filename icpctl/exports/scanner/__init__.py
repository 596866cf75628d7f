"""Bytes of JSON lines and CSV to columns of codes: the compiled scanner and its twin.

The compiled one is used, or where there is none the one in Python.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.scanner.scan_results import Scanner, Wanted

MAX_STEPS = 100
"""Of a path: both scanners go down it by recursion, on threads whose stacks may be small."""

NOTICE = (
    "the compiled reader is not installed: visitors are read in Python, about 100 times slower; "
    "reinstall icpctl on a machine with a C compiler"
)


def new_scanner(wanted: Sequence[Wanted]) -> Scanner:
    """Return a scanner for these paths, each of which may be wanted once.

    Raises `MemoryError`, and `ValueError` for a path that is wanted twice or too long.
    """
    from icpctl.exports.scanner import native_scanner

    paths = {entry.path for entry in wanted}
    if len(paths) < len(wanted):
        raise ValueError("a path is wanted twice")
    if max(map(len, paths), default=0) > MAX_STEPS:
        raise ValueError(f"a path has more than {MAX_STEPS} steps")
    library = native_scanner.load()
    if library:
        return native_scanner.NativeScanner(library, wanted)
    from icpctl.exports.scanner.python_scanner import PythonScanner

    return PythonScanner(wanted)


def notice() -> str | None:
    """Return the warning that the compiled scanner is missing, or None."""
    from icpctl.exports.scanner import native_scanner

    return None if native_scanner.is_unwanted() or native_scanner.load() else NOTICE
