"""Excel and OpenDocument workbooks: the rows of one sheet as lines of JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.json_texts import opened_token
from icpctl.exports.files.csv_dialect import second_headers
from icpctl.exports.files.streams import UnreadableError
from icpctl.exports.readers.csv_files import distinct_names
from icpctl.exports.readers.json_documents import RecordLines
from icpctl.exports.readers.other_lines import IS_TOTALS, is_totals
from icpctl.exports.readers.tables import nested
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icpctl.exports.files.sources import Source

    _Cell = tuple[int, int]  # row and column from 0 on

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_MOST_BYTES = 1 << 30  # what a workbook may unpack to
_ROWS = 20_000  # of a batch
_FOOTER_SHARE = 4  # a row after a blank one is a footer if at most 1/4 of its cells are filled


def sheet_lines(source: Source) -> Iterator[RecordLines]:
    """Yield the records of a workbook's sheet; a record's line is the number of its row.

    Raises `UnreadableError`, and `IcpctlError` where it has no such sheet or grows past its limit.
    """
    rows = _sheet(source).rows
    at = header_row(rows)
    if at is None:
        return
    header = _texts(rows[at])
    names = distinct_names(header)
    columns = sum(map(bool, names))
    batch = RecordLines()
    is_below_blank = False
    at += second_headers(header, list(map(_texts, rows[at + 1 : at + 3])))
    for number, row in enumerate(rows[at + 1 :], at + 2):
        filled = _filled(row)
        if not filled:
            is_below_blank = True
        elif _texts(row) == header:
            batch.repeated_headers += 1
        elif is_totals(_texts(row)):
            batch.rejected.append((number, IS_TOTALS, _joined(row)))
        elif is_below_blank and filled <= columns // _FOOTER_SHARE:
            cells = "1 cell" if filled == 1 else f"{filled} cells"
            reason = f"below a blank row, and has {cells} of {columns}"
            batch.rejected.append((number, reason, _joined(row)))
        else:
            is_below_blank = False
            values = ((name, _value(cell)) for name, cell in zip(names, row, strict=False) if name)
            record = {name: value for name, value in values if value is not None}
            batch.add(json.dumps(nested(record), ensure_ascii=False).encode(), number)
        if len(batch.lines) >= _ROWS:
            yield batch
            batch = RecordLines()
    yield batch
    _sheet.cache_clear()


def sheet_layout(source: Source) -> tuple[list[str], tuple[int, int], tuple[str, ...]]:
    """Return the names of the columns, how many rows above the header and below it are skipped.

    With them come the other visible sheets, if no sheet was asked for.
    """
    try:
        sheet = _sheet(source)
    except UnreadableError:  # which is said when it is read
        sheet = _Sheet([], ())
    others = () if source.sheet is not None else sheet.others
    at = header_row(sheet.rows)
    if at is None:
        return [], (0, 0), others
    first = next(index for index, row in enumerate(sheet.rows) if _filled(row))
    header, *below = map(_texts, sheet.rows[at : at + 3])
    return header, (at - first, second_headers(header, below)), others


def header_row(rows: list[list[Any]]) -> int | None:
    """Return the index of the header: the first row of texts with as many cells as any, or nearly.

    Titles above it fill a cell or two. None where all rows are empty.
    """
    first = rows[:64]
    most = max((_filled(row) for row in first), default=0)
    if not most:
        return None
    found = (index for index, row in enumerate(first) if _is_header(row, most))
    return next(found, next(index for index, row in enumerate(first) if _filled(row)))


def _joined(row: list[Any]) -> bytes:
    return ", ".join(filter(None, _texts(row))).encode()


def _texts(row: list[Any]) -> list[str]:
    return [str(cell).strip() for cell in row]


def _filled(row: list[Any]) -> int:
    return sum(_value(cell) is not None for cell in row)


def _is_header(row: list[Any], most: int) -> bool:
    is_text = all(isinstance(cell, str) for cell in row)
    return is_text and _filled(row) >= max(1, most - 1)


def _value(cell: Any) -> Any:
    """Return a cell as a value of JSON; None for an empty one."""
    if isinstance(cell, str):
        return json.loads(opened_token(json_records.dumps(cell))) if cell.strip() else None
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


class _Sheet(Struct, frozen=True):
    """The rows of a sheet, and the names of the other visible ones."""

    rows: list[list[Any]]
    others: tuple[str, ...]


@lru_cache(maxsize=1)  # the first records tell the format, then all are read
def _sheet(source: Source) -> _Sheet:
    import python_calamine as calamine

    opened = source.open_file()
    file = opened.as_file()
    _require_small(source, file)
    try:
        workbook = calamine.load_workbook(file)
        names = workbook.sheet_names
        visible = [
            sheet.name
            for sheet in workbook.sheets_metadata
            if sheet.visible == calamine.SheetVisibleEnum.Visible
            and sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        name = source.sheet if source.sheet is not None else next(iter(visible or names), None)
        if name is None:
            return _Sheet([], ())
        if name not in names:
            raise IcpctlError(
                f"the workbook has no sheet {name!r}",
                "no_visitors",
                Location(source.name),
                f"it has: {', '.join(names)}",
            )
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
        _fill_merged(rows, sheet.merged_cell_ranges or ())
        others = tuple(other for other in visible if other != name)
    except (calamine.CalamineError, OSError) as error:
        raise UnreadableError(f"the workbook cannot be read: {error}") from None
    opened.require_same()
    return _Sheet(rows, others)


def _fill_merged(rows: list[list[Any]], ranges: Iterable[tuple[_Cell, _Cell]]) -> None:
    """Give each row of merged cells the value that they show, which the first row alone has."""
    for (top, left), (bottom, _) in ranges:
        for row in rows[top + 1 : bottom + 1]:
            row[left] = rows[top][left]


def _require_small(source: Source, file: Any) -> None:
    """Raise `IcpctlError` where a workbook, a zip archive, would fill the memory."""
    import zipfile

    is_zip = zipfile.is_zipfile(file)
    file.seek(0)
    if not is_zip:
        return
    with zipfile.ZipFile(file) as archive:
        size = sum(member.file_size for member in archive.infolist())
    file.seek(0)
    if size > _MOST_BYTES:
        raise IcpctlError(
            f"the workbook unpacks to {size / 1e9:.1f} GB, over the limit of 1 GiB",
            "unreadable",
            Location(source.name),
            "export the sheet as CSV",
        )
