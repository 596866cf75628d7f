"""The compiled scanner. Its calls leave Python's lock to other threads."""

from __future__ import annotations

import ctypes
import secrets
from typing import TYPE_CHECKING, Any

from icpctl.exports.scanner import native_library
from icpctl.exports.scanner.csv_header import cells_of_keys
from icpctl.exports.scanner.key_forms import key_form
from icpctl.exports.scanner.rejections import Reason, Rejected, csv_words, json_words
from icpctl.exports.scanner.scan_results import (
    Column,
    Elements,
    Table,
    key_prefixes,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.exports.scanner.blocks import Block
    from icpctl.exports.scanner.scan_results import CsvHeader, Int64s, Path, Wanted

_RECORD = 0  # the node of the record, and the table of records


class NativeScanner:
    """A `scan_results.Scanner` by `native/scan.c`."""

    def __init__(self, library: ctypes.CDLL, wanted: Sequence[Wanted]) -> None:
        self._library = library
        seeds = secrets.randbits(64), secrets.randbits(64)
        self._scanner = library.scan_new(*seeds, native_library.FORM_OF_KEY)
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
        import numpy as np

        cells = cells_of_keys(header.names, key_prefixes(self._paths))
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
        self._finish(block, code, self._json_rejected)

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
        self._finish(block, code, self._csv_rejected)

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
        import numpy as np

        view = native_library.TableView()
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

    def _finish(self, block: Block, code: int, rejected: Callable[[Block, Any], Rejected]) -> None:
        if code == Reason.FULL:
            raise MemoryError("the texts of one field do not fit 2 GB; clear the scanner earlier")
        self._check(not code)
        view = self._records()
        size = ctypes.sizeof(native_library.RejectedView)
        for index in range(len(self._rejected), view.rejected):
            line = native_library.RejectedView.from_address(view.rejects + index * size)
            self._rejected.append(rejected(block, line))
        block.drop(self._used.value)

    def _json_rejected(self, block: Block, view: Any) -> Rejected:
        reason, raw = _reason(view), _raw(block, view)
        return Rejected(view.line, reason, view.at, raw, json_words(reason, view.at, raw))

    def _csv_rejected(self, block: Block, view: Any) -> Rejected:
        reason = _reason(view)
        place = (view.wrong_line, view.wrong_byte)
        words = csv_words(reason, view.at, view.line, self._width, place)
        return Rejected(view.line, reason, view.at, _raw(block, view), words)

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
        view = native_library.ColumnView()
        self._check(self._library.scan_column(self._scanner, number, ctypes.byref(view)))
        return view

    def _offsets(self, view: Any) -> Any:
        import numpy as np

        if not view.entries:
            return np.zeros(1, np.int32)
        return self._array(view.offsets, view.entries + 1, "int32")

    def _records(self) -> Any:
        view = native_library.RecordsView()
        self._library.scan_records(self._scanner, ctypes.byref(view))
        return view

    def _array(self, address: int | None, count: int, dtype: str) -> Any:
        """The scanner's memory as an array, which keeps the scanner alive."""
        import numpy as np

        if not address or not count:
            return np.empty(0, dtype)
        memory = (ctypes.c_char * (count * np.dtype(dtype).itemsize)).from_address(address)
        memory._scanner = self  # type: ignore[attr-defined]  # to keep it alive
        return np.frombuffer(memoryview(memory), np.dtype(dtype))

    @staticmethod
    def _check(is_good: bool) -> None:
        if not is_good:
            raise MemoryError


def _reason(view: Any) -> Reason:
    return Reason(view.reason)


def _raw(block: Block, view: Any) -> bytes | None:
    if view.reason == Reason.TOO_LONG:
        return None
    return bytes(block.data[view.start : view.start + view.size])
