"""The scanner in Python: the same answers as the compiled one, about 100 times slower.

It serves where nothing could be compiled, and the tests hold the compiled one to it.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import TYPE_CHECKING

from icpctl.exports.scanner import json_tokens as tokens
from icpctl.exports.scanner.csv_cells import Splitter, json_line, json_string, line_size
from icpctl.exports.scanner.csv_columns import cells_of_keys
from icpctl.exports.scanner.json_tokens import BadTokenError
from icpctl.exports.scanner.python_nodes import Tree
from icpctl.exports.scanner.scan_results import (
    Column,
    CsvHeader,
    Kind,
    Reason,
    Rejected,
    Table,
    csv_words,
    json_words,
)
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from icpctl.exports.scanner.csv_cells import Record
    from icpctl.exports.scanner.python_nodes import Node, PythonColumn
    from icpctl.exports.scanner.scan_results import Block, Int64s, Wanted


class PythonScanner:
    """A `scan_results.Scanner` in plain Python."""

    def __init__(self, wanted: Sequence[Wanted]) -> None:
        self._tree = Tree(list(wanted))
        self._paths = [entry.path for entry in wanted]
        self._cells: list[list[Node]] = []
        self._header = CsvHeader(())
        self._doubtful = 0
        self._held: list[tuple[PythonColumn, bytes]] = []
        self._lines: list[int] = []
        self._rejected: list[Rejected] = []
        self._line = 1
        self._turn = 0
        self._at_start = True
        self._is_skipping = False

    def header(self, header: CsvHeader) -> None:
        """See `Scanner.header`."""
        self._header = header
        cells = cells_of_keys(header.names, self._paths)
        self._cells = [
            [self._tree.spelling(self._tree.node(keys), count) for keys, count in cell]
            for cell in cells
        ]

    def scan_json(self, block: Block, *, is_last: bool) -> None:
        """See `Scanner.scan_json`."""
        data = bytes(block.data)
        at = self._begin_block(data, is_last=is_last)
        if at is None:
            return
        size = len(data)
        if is_last and at < size and not data.endswith(b"\n"):
            data += b"\n"
        stop = data.rfind(b"\n", at) + 1 or at
        while at < stop:
            feed = data.index(b"\n", at)
            self._read_line(data[at : feed + 1])
            self._line += 1
            at = feed + 1
        if len(data) - stop > MAX_LINE_BYTES + 1:
            self._begin_skipping()
            stop = len(data)
        block.drop(min(stop, size))

    def scan_csv(self, block: Block, *, delimiter: bytes, is_last: bool) -> None:
        """See `Scanner.scan_csv`."""
        data = bytes(block.data)
        at = self._begin_block(data, is_last=is_last)
        if at is None:
            return
        size = len(data)
        stop = size + (is_last and at < size and not data.endswith(b"\n"))
        data += b"\n"
        width = len(self._cells)
        for record in Splitter(data, stop, width, delimiter, is_last=is_last).records(at):
            self._keep_csv(data, record)
            at = stop if record.end is None else record.end + 1
        block.drop(min(at, size))

    def clear(self, *, line: int, at_start: bool = False, max_bytes: int = 0) -> None:
        """See `Scanner.clear`."""
        for column in self._tree.columns:
            column.rows, column.codes = [], []
            if column.token_bytes > max_bytes:
                column.forget_tokens()
        for table in self._tree.tables:
            table.count, table.offsets = 0, [0]
        self._lines, self._rejected = [], []
        self._doubtful = 0
        self._line = line
        if at_start:
            self._at_start, self._is_skipping = True, False

    @property
    def rows(self) -> int:
        """See `Scanner.rows`."""
        return len(self._lines)

    @property
    def next_line(self) -> int:
        """See `Scanner.next_line`."""
        return self._line

    @property
    def doubtful(self) -> int:
        """See `Scanner.doubtful`."""
        return self._doubtful

    @property
    def lines(self) -> Int64s:
        """See `Scanner.lines`."""
        import numpy as np

        return np.array(self._lines, np.int64)

    @property
    def rejected(self) -> list[Rejected]:
        """See `Scanner.rejected`."""
        return self._rejected

    def columns(self, wanted: int) -> list[Column]:
        """See `Scanner.columns`."""
        columns = self._tree.columns_of(wanted)
        return [self._column(column) for column in columns if column.rows]

    def table(self, number: int) -> Table:
        """See `Scanner.table`."""
        import numpy as np

        table = self._tree.tables[number]
        return Table(table.parent, table.count, np.array(table.offsets, np.int32))

    def _column(self, column: PythonColumn) -> Column:
        import numpy as np

        codes = np.full(self._tree.tables[column.table].count, -1, np.int32)
        codes[column.rows] = column.codes
        offsets = np.cumsum([0, *map(len, column.dictionary)]).astype(np.int32)
        data = np.frombuffer(b"".join(column.dictionary), np.uint8)
        return Column(
            number=column.number,
            table=column.table,
            codes=codes,
            offsets=offsets,
            data=data,
            is_plain=False,
            generation=column.generation,
        )

    # --- lines ------------------------------------------------------------------------------------

    def _begin_block(self, data: bytes, *, is_last: bool) -> int | None:
        """The offset after a byte order mark and a line that is skipped; None to wait for more."""
        at = 0
        if self._at_start:
            if BOM_UTF8.startswith(data) and len(data) < len(BOM_UTF8) and not is_last:
                return None
            self._at_start = False
            at = len(BOM_UTF8) if data.startswith(BOM_UTF8) else 0
        if not self._is_skipping:
            return at
        feed = data.find(b"\n", at)
        if feed < 0:
            return len(data)
        self._is_skipping = False
        self._line += 1
        return feed + 1

    def _begin_skipping(self) -> None:
        self._is_skipping = True
        self._reject(Reason.TOO_LONG, 0, None, json_words(Reason.TOO_LONG, 0, None))

    def _reject(self, reason: Reason, at: int, raw: bytes | None, words: str) -> None:
        self._rejected.append(Rejected(self._line, reason, at, raw, words))

    def _read_line(self, line: bytes) -> None:
        at = tokens.skip_outer_space(line, 0)
        feed = len(line) - 1
        is_long = line_size(line, 0, feed) > MAX_LINE_BYTES
        if at == feed and not is_long:
            return
        self._mark_lists()
        try:
            if is_long:
                raise BadTokenError(Reason.TOO_LONG, 0)
            wrong = tokens.not_utf8(line)
            if wrong is not None:
                raise BadTokenError(Reason.NOT_UTF8, wrong)
            self._read_record(line, at)
        except BadTokenError as error:
            self._forget_since_mark()
            raw = None if is_long else line[:-1]
            words = json_words(error.reason, error.at, raw)
            self._reject(error.reason, error.at, raw, words)
        else:
            self._keep_record()

    def _read_record(self, line: bytes, at: int) -> None:
        if line[at] != tokens.OPEN_OBJECT:
            end, _ = tokens.value_end(line, at)
            _finish_line(line, end)
            raise BadTokenError(Reason.NO_OBJECT, at)
        _finish_line(line, self._read_value(self._tree.record, line, at))

    # --- values -----------------------------------------------------------------------------------

    def _read_value(self, node: Node, line: bytes, at: int) -> int:
        if line[at] == tokens.OPEN_OBJECT and node.children:
            kind, end = Kind.OBJECT, self._read_object(node, line, at)
        elif line[at] == tokens.OPEN_LIST and node.elements:
            kind, end = Kind.LIST, self._read_list(node.elements, line, at)
        else:
            end, kind = tokens.value_end(line, at)
        self._hold(node, kind, line[at:end])
        return end

    def _hold(self, node: Node, kind: Kind, token: bytes) -> None:
        if node.column and node.brief & kind:
            self._held.append((node.column, b"[]" if kind is Kind.LIST else b"{}"))
        elif node.column and node.kinds & kind:
            self._held.append((node.column, token))

    def _read_object(self, node: Node, line: bytes, at: int) -> int:
        self._turn += 1
        turn = self._turn
        at = tokens.skip_space(line, at + 1)
        if line[at] == tokens.CLOSE_OBJECT:
            return at + 1
        goes_on = True
        while goes_on:
            match = tokens.SCALAR_MEMBER.match(line, at)
            if match:
                self._read_scalar_member(node, match, turn)
                at, goes_on = match.end(), match[3] is None
            else:
                at, goes_on = self._read_member(node, line, at, turn)
        return at

    def _read_scalar_member(self, node: Node, match: re.Match[bytes], turn: int) -> None:
        written, token, _ = match.groups()
        targets = self._tree.targets(node, written)
        for taker in self._tree.takers(targets, written, turn, match.start()) if targets else ():
            self._hold(taker, tokens.KINDS[token[0]], token)

    def _read_member(self, node: Node, line: bytes, at: int, turn: int) -> tuple[int, bool]:
        key = tokens.key_end(line, at)
        targets = self._tree.targets(node, line[at:key])
        value = tokens.member_value(line, key)
        end = None
        for taker in self._tree.takers(targets, line[at:key], turn, at):
            end = self._read_value(taker, line, value)
        if end is None:
            end, _ = tokens.value_end(line, value)
        return tokens.next_item(line, end, tokens.CLOSE_OBJECT)

    def _read_list(self, elements: Node, line: bytes, at: int) -> int:
        at = tokens.skip_space(line, at + 1)
        if line[at] == tokens.CLOSE_LIST:
            return at + 1
        goes_on = True
        while goes_on:
            first = len(self._held)
            end = self._read_value(elements, line, at)
            self._keep_held(elements.table, first)
            self._end_row(elements.table)
            at, goes_on = tokens.next_item(line, end, tokens.CLOSE_LIST)
        return at

    # --- rows -------------------------------------------------------------------------------------

    def _mark_lists(self) -> None:
        self._held = []
        for table in self._tree.tables:
            table.count_before = table.count

    def _keep_held(self, table: int, first: int) -> None:
        row = self._tree.tables[table].count
        for column, token in self._held[first:]:
            column.put(row, token)
        del self._held[first:]

    def _end_row(self, number: int) -> None:
        self._tree.tables[number].count += 1
        for table in self._tree.tables[number + 1 :]:
            if table.parent == number:
                table.offsets.append(table.count)

    def _keep_record(self) -> None:
        self._keep_held(0, 0)
        self._end_row(0)
        self._lines.append(self._line)

    def _forget_since_mark(self) -> None:
        self._held = []
        for table in self._tree.tables:
            table.count = table.count_before
        for table in self._tree.tables[1:]:
            del table.offsets[self._tree.tables[table.parent].count + 1 :]
        for column in self._tree.columns:
            if column.table:
                column.take_back(self._tree.tables[column.table].count)

    # --- CSV --------------------------------------------------------------------------------------

    def _is_doubtful(self, data: bytes, record: Record) -> bool:
        if data.startswith(BOM_UTF8, record.start):
            return True
        if record.is_blank or record.reason not in (None, Reason.WIDTH):
            return False
        size = len(data[record.start : record.end].removesuffix(b"\r"))
        if size + 1 == len(self._cells) > 1:
            return True
        cell = self._header.sign_cell
        return 0 <= cell < len(record.cells) and record.cells[cell][0] == self._header.sign

    def _keep_csv(self, data: bytes, record: Record) -> None:
        self._doubtful += self._is_doubtful(data, record)
        if record.end is None:
            self._begin_skipping()
            return
        if record.reason is None and not record.is_blank:
            self._keep_cells(record)
            self._keep_record()
        if record.reason is not None:
            self._reject_csv(data, record, record.reason)
        self._line += 1 + record.feeds

    def _reject_csv(self, data: bytes, record: Record, reason: Reason) -> None:
        raw = None if reason is Reason.TOO_LONG else data[record.start : record.end]
        before = data[record.start : record.start + record.wrong]
        place = (self._line + before.count(b"\n"), len(before) - before.rfind(b"\n"))
        words = csv_words(reason, record.wrong, self._line, len(self._cells), place)
        self._reject(reason, record.wrong, raw, words)

    def _keep_cells(self, record: Record) -> None:
        for (cell, _), nodes in zip(record.cells, self._cells, strict=True):
            for node in nodes if cell else ():
                self._keep_cell(node, cell)
                self._keep_held(0, 0)

    def _read_json_cell(self, node: Node, line: bytes) -> None:
        end = self._read_value(node, line, 0)
        end = tokens.skip_space(line, end)
        if line[end] != tokens.FEED:
            raise BadTokenError(Reason.EXTRA, end)

    def _keep_cell(self, node: Node, cell: bytes) -> None:
        is_list = cell[0] == tokens.OPEN_LIST and node.elements
        if is_list or (cell[0] == tokens.OPEN_OBJECT and node.children):
            self._mark_lists()
            try:
                self._read_json_cell(node, json_line(cell))
            except BadTokenError:
                self._forget_since_mark()
            else:
                return
        if node.column and node.kinds & Kind.STRING:
            self._held.append((node.column, json_string(cell)))


def _finish_line(line: bytes, at: int) -> None:
    if line[tokens.skip_outer_space(line, at)] != tokens.FEED:
        raise BadTokenError(Reason.EXTRA, tokens.skip_space(line, at))
