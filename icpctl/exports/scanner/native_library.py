"""The compiled scanner as it is loaded: its functions and structures (`native/scan.c`)."""

from __future__ import annotations

import ctypes
import os
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_bool,
    c_char_p,
    c_int,
    c_int32,
    c_int64,
    c_size_t,
    c_ubyte,
    c_uint32,
    c_uint64,
    c_void_p,
)
from functools import cache
from pathlib import Path

from icpctl.exports.scanner.key_forms import key_form

ENVIRONMENT = "ICPCTL_NATIVE"
"""Set to `0`, this variable makes the scanner in Python be used; a path names another library."""


class RecordsView(Structure):
    """The records and rejected lines of a scanner."""

    _fields_ = (
        ("rows", c_int64),
        ("next_line", c_int64),
        ("rejected", c_int64),
        ("doubtful", c_int64),
        ("lines", c_void_p),
        ("rejects", c_void_p),
    )


class RejectedView(Structure):
    """A rejected line: where it is in its block, and where it is wrong."""

    _fields_ = (
        ("line", c_int64),
        ("start", c_int64),
        ("size", c_int64),
        ("at", c_int64),
        ("wrong_line", c_int64),
        ("wrong_byte", c_int64),
        ("reason", c_int32),
        ("unused", c_int32),
    )


class ColumnView(Structure):
    """A column."""

    _fields_ = (
        ("rows", c_int64),
        ("entries", c_int64),
        ("bytes", c_int64),
        ("codes", c_void_p),
        ("offsets", c_void_p),
        ("data", c_void_p),
        ("path", c_int32),
        ("table", c_int32),
        ("plain", c_int32),
        ("generation", c_int32),
    )


class TableView(Structure):
    """The elements of lists."""

    _fields_ = (
        ("rows", c_int64),
        ("offsets", c_void_p),
        ("parent", c_int32),
        ("unused", c_int32),
    )


_FormOfKey = CFUNCTYPE(c_size_t, c_void_p, c_size_t, c_void_p)


def _form_of_key(key: int, size: int, form: int) -> int:
    written = key_form(ctypes.string_at(key, size).decode(errors="replace")).encode()
    ctypes.memmove(form, written, len(written))
    return len(written)


FORM_OF_KEY = _FormOfKey(_form_of_key)
"""Called by the library for keys that are not ASCII; once for each, while its cache has room."""

_FUNCTIONS: dict[str, tuple[object, list[object]]] = {
    "scan_new": (c_void_p, [c_uint64, c_uint64, _FormOfKey]),
    "scan_free": (None, [c_void_p]),
    "scan_key": (c_int32, [c_void_p, c_int32, c_char_p, c_size_t, c_char_p, c_size_t]),
    "scan_elements": (c_int32, [c_void_p, c_int32]),
    "scan_want": (c_bool, [c_void_p, c_int32, c_int32, c_uint32, c_uint32]),
    "scan_spelling": (c_int32, [c_void_p, c_int32, c_int32]),
    "scan_header": (
        c_bool,
        [c_void_p, c_size_t, c_void_p, c_void_p, c_int64, c_char_p, c_size_t],
    ),
    "scan_json": (c_int, [c_void_p, c_void_p, c_size_t, c_bool, POINTER(c_size_t)]),
    "scan_csv": (c_int, [c_void_p, c_void_p, c_size_t, c_ubyte, c_bool, POINTER(c_size_t)]),
    "scan_clear": (None, [c_void_p, c_int64, c_bool, c_int64]),
    "scan_records": (None, [c_void_p, POINTER(RecordsView)]),
    "scan_column_count": (c_int64, [c_void_p]),
    "scan_column_order": (None, [c_void_p, c_void_p]),
    "scan_column": (c_bool, [c_void_p, c_int64, POINTER(ColumnView)]),
    "scan_table": (None, [c_void_p, c_int32, POINTER(TableView)]),
}


def is_unwanted() -> bool:
    """Whether the user wants to read in Python."""
    return os.environ.get(ENVIRONMENT) == "0"


@cache
def load() -> ctypes.CDLL | None:
    """Return the library; None where it was not compiled, or is not wanted."""
    if is_unwanted():
        return None
    setting = os.environ.get(ENVIRONMENT, "")
    path = setting if "/" in setting else _compiled()
    if path is None:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError:  # compiled for another machine
        return None
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _compiled() -> Path | None:
    """The library that installation has put beside this file."""
    paths = (Path(__file__).with_name(f"scan.{suffix}") for suffix in ("so", "dylib", "dll"))
    return next(filter(Path.exists, paths), None)
