"""Excel and OpenDocument workbooks: the rows of one sheet as lines of JSON."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.streams import UnreadableError
from icpctl.exports.readers.csv_files import distinct_names
from icpctl.exports.readers.json_documents import RecordLines
from icpctl.exports.readers.tables import nested

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.files.sources import Source

SUFFIXES = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_MOST_BYTES = 1 << 30  # what a workbook may unpack to
_ROWS = 20_000  # of a batch


def sheet_lines(source: Source) -> Iterator[RecordLines]:
    """Yield the records of a workbook's sheet; a record's line is the number of its row.

    Raises `UnreadableError`, and `IcpctlError` where it has no such sheet or grows past its limit.
    """
    rows = _rows(source)
    at = header_row(rows)
    if at is None:
        return
    names = distinct_names([str(_value(cell) or "").strip() for cell in rows[at]])
    batch = RecordLines()
    for number in range(at + 1, len(rows)):
        values = {
            name: value
            for name, cell in zip(names, rows[number], strict=False)
            if (value := _value(cell)) is not None and name
        }
        if values and list(values.values()) != [name for name in names if name]:
            batch.add(json.dumps(nested(values), ensure_ascii=False).encode(), number + 1)
        if len(batch.lines) >= _ROWS:
            yield batch
            batch = RecordLines()
    yield batch


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


def _filled(row: list[Any]) -> int:
    return sum(_value(cell) is not None for cell in row)


def _is_header(row: list[Any], most: int) -> bool:
    is_text = all(isinstance(cell, str) for cell in row)
    return is_text and _filled(row) >= max(1, most - 1)


def _value(cell: Any) -> Any:
    """Return a cell as a value of JSON; None for an empty one."""
    if isinstance(cell, str):
        return _opened(cell) if cell.strip() else None
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _opened(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, list | dict) else text


def _rows(source: Source) -> list[list[Any]]:
    import python_calamine

    opened = source.open_file()
    file = opened.as_file()
    _require_small(source, file)
    try:
        workbook = python_calamine.load_workbook(file)
        names = workbook.sheet_names
        name = source.sheet if source.sheet is not None else names[0] if names else None
        if name is None:
            return []
        if name not in names:
            raise IcpctlError(
                f"the workbook has no sheet {name!r}",
                "no_visitors",
                Location(source.name),
                f"it has: {', '.join(names)}",
            )
        sheet = workbook.get_sheet_by_name(name)
        rows = sheet.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError) as error:
        raise UnreadableError(f"the workbook cannot be read: {error}") from None
    opened.require_same()
    return [list(row) for row in rows]


def _require_small(source: Source, file: Any) -> None:
    """Raise `IcpctlError` where a workbook, a zip archive, would fill the memory."""
    import zipfile

    if not zipfile.is_zipfile(file):
        return
    file.seek(0)
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
