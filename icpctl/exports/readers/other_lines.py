"""Lines of CSV that are not records: repeated headers, empty rows, footers and totals.

Each leaves a blank line, or one cell, so that the numbers of the lines stay.
"""

from __future__ import annotations

import codecs
import re
from itertools import islice
from typing import TYPE_CHECKING

from icpctl.exports.files.csv_dialect import read_record
from icpctl.values.text_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from icpctl.exports.files.csv_dialect import Header

    Bytes = bytes | bytearray
    Taken = list[tuple[int, bytes]]

_FOOTER_COLUMNS = 4
"""Columns of a table from which on a row of one cell, below an empty row, is a footer."""

IS_TOTALS = "a row of totals, not a record"
IS_HEADER = "another header, not a record; the rows below are read by the first header"
"""Why such rows are rejected."""

_MOST_NAMES = 100  # places of a name that are looked at, which texts may have too

_LINE_END = re.compile(rb"\r?\n|\r?\Z")
_TOTALS = re.compile(
    "(?:grand |sub-?|sous-)?totals?(?: g[e\u00e9]n[e\u00e9]ral)?|totale"
    "|sum|(?:gesamt|zwischen)?summe|gesamt"
)
_WORDS_OF_TOTALS = (b"otal", b"OTAL", b"Sum", b"summe", b"Gesamt")
_FIGURE = re.compile(r"[-+(]?[0-9][0-9.,' %)]*")


def is_totals(cells: Sequence[str]) -> bool:
    """Return whether a row has totals: `Subtotal`, `Grand Total` or the like, and only numbers.

    The word is the first in the row, unless the first cell, which may be an id, is empty.

    >>> is_totals(["", "Total", "1,200"]), is_totals(["Total", "Energy", ""])
    (True, False)
    >>> is_totals(["", "1,200", "Grand total"]), is_totals(["17", "Total", "1,200"])
    (True, False)
    """
    filled = [text for cell in cells if (text := cell.strip())]
    words = [text for text in filled if not _FIGURE.fullmatch(text)]
    if len(cells) < 2 or len(words) != 1 or (cells[0].strip() and filled[0] != words[0]):
        return False
    return bool(_TOTALS.fullmatch(words[0].rstrip(":").casefold()))


def without_totals(data: Bytes, delimiter: bytes) -> tuple[Bytes, Taken]:
    """Return records without rows of totals, and these; see `_without_rows`."""
    places = sorted(word.start() for text in _WORDS_OF_TOTALS for word in re.finditer(text, data))
    return _without_rows(data, places, delimiter, is_totals)


def without_other_headers(data: Bytes, header: Header) -> tuple[Bytes, Taken]:
    """Return records without headers in another order or spelling, and these.

    Files that were put together have them.
    """
    name, forms = header.sign, sorted(map(key_form, header.names))
    if name not in data or len(forms) < 2:
        return data, []
    places = [word.start() for word in islice(re.finditer(re.escape(name), data), _MOST_NAMES)]
    return _without_rows(
        data, places, header.delimiter, lambda cells: sorted(map(key_form, cells)) == forms
    )


def _without_rows(
    data: Bytes, places: Iterable[int], delimiter: bytes, is_taken: Callable[[list[str]], bool]
) -> tuple[Bytes, Taken]:
    """Return records with a blank line for each row at some of the places that `is_taken`.

    With them come these rows, and how many lines are before each.
    """
    pieces, taken = [], []
    kept = at = quotes = feeds = 0
    for place in places:
        if place < at:
            continue
        start = data.rfind(b"\n", at, place) + 1 or at
        quotes += data.count(b'"', at, start)
        feeds += data.count(b"\n", at, start)
        at, end = start, data.find(b"\n", place)
        line = bytes(data[start : len(data) if end < 0 else end].rstrip(b"\r"))
        if quotes % 2 == 0 and is_taken(_cells(line, delimiter)):
            taken.append((feeds, line))
            pieces.append(data[kept:start])
            kept = start + len(line)
        quotes += line.count(b'"')
        at += len(line)
    return b"".join([*pieces, data[kept:]]) if taken else data, taken


def _cells(line: bytes, delimiter: bytes) -> list[str]:
    try:
        record = read_record(line, 0, 1, delimiter)
    except ValueError:  # a record that goes on below
        return []
    return [cell.decode(errors="replace") for cell in record.cells]


def without_headers(data: Bytes, header: Header) -> tuple[Bytes, int]:
    """Return records with a blank line for each repeated header, and how many there were.

    Files that were put together have them, also with other quotes, and with the byte order mark of
    each.
    """
    if header.sign not in data:  # one search instead of six
        return data, 0
    repeated = 0
    for line in header.spellings:
        for mark in (b"", codecs.BOM_UTF8):
            data, count = _without_lines(data, mark + line)
            repeated += count
    return data, repeated


def without_empty_rows(data: Bytes, header: Header) -> Bytes:
    """Return records with a blank line for each row without a cell, and footers without padding."""
    empty = header.delimiter * (len(header.cells) - 1)
    if not (data.startswith(empty) or b"\n" + empty in data):
        return data
    return _without_lines(_without_padding(data, empty), empty)[0]


def _without_lines(data: Bytes, line: bytes) -> tuple[Bytes, int]:
    """Return records with a blank line for each that is `line`, and how many there were.

    Spreadsheets write delimiters alone for an empty row. Within quotes nothing is a line.
    """
    wanted = b"\n" + line
    if not line or not (data.startswith(line) or wanted in data):
        return data, 0
    data = b"\n" + data
    pieces, start, quotes, at = [], 1, 0, 0
    while (place := data.find(wanted, at)) >= 0:
        quotes += data.count(b'"', at, place)
        at, end = place + 1, place + len(wanted)
        if quotes % 2 == 0 and _LINE_END.match(data, end):
            pieces.append(data[start:at])
            start = at = end
    return b"".join([*pieces, data[start:]]), len(pieces)


def _without_padding(data: Bytes, empty: bytes) -> Bytes:
    """Return records, of which footers lose their delimiters, and are rejected for it.

    A footer such as `Total: 12 leads` is the only cell of its row, below an `empty` row.
    Spreadsheets write the delimiters of all columns after it.
    """
    if len(empty) < _FOOTER_COLUMNS - 1:
        return data
    end = re.escape(empty[:1])
    cell = rb'(?:"(?:[^"]|"")*"|[^"\r\n%b]+)' % end
    below = rb"(?:(?<=\n)|\A)%b\r?\n" % re.escape(empty)
    footers = re.compile(below + rb"(?:%b%b+(?:\r?\n|\Z))+" % (cell, end))
    padding = re.compile(rb"(?<=[^\n%b])%b+(?=\r?\n|\Z)" % (end, end))
    pieces, at, quotes = [], 0, 0
    for rows in footers.finditer(data):
        quotes += data.count(b'"', at, rows.start())
        pieces.append(data[at : rows.start()])
        # Within quotes nothing is a row.
        pieces.append(rows[0] if quotes % 2 else padding.sub(b"", rows[0]))
        quotes += rows[0].count(b'"')
        at = rows.end()
    return b"".join([*pieces, data[at:]])
