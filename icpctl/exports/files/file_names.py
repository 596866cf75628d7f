"""What the name of a file says that it holds."""

from __future__ import annotations

import os
from typing import Literal

from icpctl.exports.files.file_search import is_hidden

Format = Literal["json", "csv", "parquet", "workbook"]
FORMATS: dict[str, Format] = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".xlsx": "workbook",
    ".xlsm": "workbook",
    ".xlsb": "workbook",
    ".xls": "workbook",
    ".ods": "workbook",
}
"""A file's extension -> what it holds."""

ARCHIVE = ".zip"
_UNTELLING = ("", ".txt", ".log", ".dat", ".data", ".out")
"""Endings of files that may hold anything, so that only their content tells."""

COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""A compressed file's extension -> its compression."""


def named_format(name: str) -> Format | None:
    """Return what a file's name says that it holds."""
    return FORMATS.get(_suffix(name))


def is_export_name(name: str) -> bool:
    """Return whether a file's name in a folder is that of an export."""
    return bool(named_format(name)) and not is_hidden(name)


def says_nothing(name: str) -> bool:
    """Return whether a file of this name may hold anything, so that only its content tells."""
    return _suffix(name) in _UNTELLING


def _suffix(name: str) -> str:
    """Return the ending of a name that tells the format, in lower case."""
    name = name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    return os.path.splitext(name)[1]
