"""The compiled scanner (`native/scan.c`). Its calls leave Python's lock to other threads."""

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
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.exports.scanner.scan_results import (
    Column,
    Elements,
    Reason,
    Rejected,
    Table,
    csv_words,
    json_words,
)
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.exports.scanner.scan_results import Block, CsvHeader, Int64s, Path, Wanted


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


def _compiled() -> FilePath | None:
    """The library that installation has put beside this file."""
    paths = (FilePath(__file__).with_name(f"scan.{suffix}") for suffix in ("so", "dylib", "dll"))
    return next(filter(FilePath.exists, paths), None)


_RECORD = 0  # the node of the record, and the table of records


class NativeScanner:
    """A `scan_results.Scanner` by `native/scan.c`."""

    def __init__(self, library: ctypes.CDLL, wanted: Sequence[Wanted]) -> None:
        self._library = library
        seeds = int.from_bytes(os.urandom(8)), int.from_bytes(os.urandom(8))
        self._scanner = library.scan_new(*seeds, FORM_OF_KEY)
        if not self._scanner:
            raise MemoryError
        self._paths = [entry.path for entry in wanted]
        self._width = 0
        self._rejected: list[Rejected] = []
        self._used = ctypes.c_size_t()
        self._column_count = 0
        self._columns_of: dict[int, list[int]] = {}
        for index, entry in enumerate(wanted):
            node = self._node(entry.path)
            self._check(library.scan_want(self._scanner, node, index, entry.kinds, entry.brief))

    def __del__(self) -> None:
        if getattr(self, "_scanner", None):
            self._library.scan_free(self._scanner)
            self._scanner = None

    def header(self, header: CsvHeader) -> None:
        """See `Scanner.header`."""
        from icpctl.exports.scanner.csv_columns import cells_of_keys

        cells = cells_of_keys(header.names, self._paths)
        starts = np.cumsum([0, *map(len, cells)]).astype(np.int32)
        nodes = np.array([self._spelling(*place) for cell in cells for place in cell], np.int32)
        self._width = len(header.names)
        self._check(
            self._library.scan_header(
                self._scanner,
                self._width,
                starts.ctypes.data,
                nodes.ctypes.data,
                header.sign_cell,
                header.sign,
                len(header.sign),
            )
        )

    def scan_json(self, block: Block, *, is_last: bool) -> None:
        """See `Scanner.scan_json`."""
        code = self._library.scan_json(
            self._scanner, block.address, len(block), is_last, ctypes.byref(self._used)
        )
        self._finish(block, code, lambda reason, view, raw: json_words(reason, view.at, raw))

    def scan_csv(self, block: Block, *, delimiter: bytes, is_last: bool) -> None:
        """See `Scanner.scan_csv`."""
        code = self._library.scan_csv(
            self._scanner,
            block.address,
            len(block),
            delimiter[0],
            is_last,
            ctypes.byref(self._used),
        )

        def words(reason: Reason, view: Any, _: bytes | None) -> str:
            place = (view.wrong_line, view.wrong_byte)
            return csv_words(reason, view.at, view.line, self._width, place)

        self._finish(block, code, words)

    def clear(self, *, line: int, at_start: bool = False, max_bytes: int = 0) -> None:
        """See `Scanner.clear`."""
        self._rejected = []
        self._library.scan_clear(self._scanner, line, at_start, max_bytes)

    @property
    def rows(self) -> int:
        """See `Scanner.rows`."""
        return int(self._records().rows)

    @property
    def next_line(self) -> int:
        """See `Scanner.next_line`."""
        return int(self._records().next_line)

    @property
    def doubtful(self) -> int:
        """See `Scanner.doubtful`."""
        return int(self._records().doubtful)

    @property
    def lines(self) -> Int64s:
        """See `Scanner.lines`."""
        view = self._records()
        lines: Int64s = self._array(view.lines, view.rows, "int64")
        return lines

    @property
    def rejected(self) -> list[Rejected]:
        """See `Scanner.rejected`."""
        return self._rejected

    def columns(self, wanted: int) -> list[Column]:
        """See `Scanner.columns`."""
        views = ((number, self._column(number)) for number in self._numbers(wanted))
        return [
            Column(
                number=number,
                table=view.table,
                codes=self._array(view.codes, view.rows, "int32"),
                offsets=self._offsets(view),
                data=self._array(view.data, view.bytes, "uint8"),
                is_plain=bool(view.plain),
                generation=view.generation,
            )
            for number, view in views
            if view.codes
        ]

    def table(self, number: int) -> Table:
        """See `Scanner.table`."""
        view = TableView()
        self._library.scan_table(self._scanner, number, ctypes.byref(view))
        if number == _RECORD:
            return Table(-1, view.rows, np.zeros(1, np.int32))
        parent_rows = self.table(view.parent).rows
        offsets = np.zeros(parent_rows + 1, np.int32)
        if view.offsets:
            offsets = self._array(view.offsets, parent_rows + 1, "int32")
        return Table(view.parent, view.rows, offsets)

    def _node(self, path: Path) -> int:
        node = _RECORD
        for step in path:
            if isinstance(step, Elements):
                node = self._library.scan_elements(self._scanner, node)
            else:
                key, form = step.encode(), key_form(step).encode()
                node = self._library.scan_key(self._scanner, node, key, len(key), form, len(form))
            self._check(node >= 0)
        return node

    def _spelling(self, keys: tuple[str, ...], spelling: int) -> int:
        node = self._library.scan_spelling(self._scanner, self._node(keys), spelling)
        self._check(node >= 0)
        return int(node)

    def _finish(
        self, block: Block, code: int, words: Callable[[Reason, Any, bytes | None], str]
    ) -> None:
        """Drop what was scanned, and note the lines rejected, with what `words` says of each."""
        if code == Reason.FULL:
            raise MemoryError("the texts of one field do not fit 2 GB; clear the scanner earlier")
        self._check(not code)
        records = self._records()
        size = ctypes.sizeof(RejectedView)
        for index in range(len(self._rejected), records.rejected):
            view = RejectedView.from_address(records.rejects + index * size)
            reason = Reason(view.reason)
            is_kept = reason is not Reason.TOO_LONG
            raw = bytes(block.data[view.start : view.start + view.size]) if is_kept else None
            text = words(reason, view, raw)
            self._rejected.append(Rejected(view.line, reason, view.at, raw, text))
        block.drop(self._used.value)

    def _numbers(self, wanted: int) -> list[int]:
        """The numbers of the columns of a path, in order of preference."""
        count = self._library.scan_column_count(self._scanner)
        if count != self._column_count:
            self._column_count, self._columns_of = count, {}
            numbers = (ctypes.c_int32 * count)()
            self._library.scan_column_order(self._scanner, numbers)
            for number in numbers:
                self._columns_of.setdefault(self._column(number).path, []).append(number)
        return self._columns_of.get(wanted, [])

    def _column(self, number: int) -> Any:
        view = ColumnView()
        self._check(self._library.scan_column(self._scanner, number, ctypes.byref(view)))
        return view

    def _offsets(self, view: Any) -> Any:
        if not view.entries:
            return np.zeros(1, np.int32)
        return self._array(view.offsets, view.entries + 1, "int32")

    def _records(self) -> Any:
        view = RecordsView()
        self._library.scan_records(self._scanner, ctypes.byref(view))
        return view

    def _array(self, address: int | None, count: int, dtype: str) -> Any:
        """The scanner's memory as an array, which keeps the scanner alive."""
        if not address or not count:
            return np.empty(0, dtype)
        memory = (ctypes.c_char * (count * np.dtype(dtype).itemsize)).from_address(address)
        memory._scanner = self  # type: ignore[attr-defined]  # to keep it alive
        return np.frombuffer(memoryview(memory), np.dtype(dtype))

    @staticmethod
    def _check(is_good: bool) -> None:
        if not is_good:
            raise MemoryError
