"""Files that were saved in place of an export: a login page, the error response of an API."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

from icpctl.exports.files.csv_dialect import find_header, looks_like_csv
from icpctl.exports.scanner.key_forms import key_form

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 100  # characters of an error's message

_BEGINNINGS = (
    (re.compile(rb"(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:!doctype\s+html|html)\b", re.I | re.S),
     "an HTML page, perhaps of a login"),
    (re.compile(rb"<\?xml\b|<[A-Za-z][\w:-]*[\s>/]"), "an XML document"),
    (re.compile(rb"%PDF-"), "a PDF document"),
)  # fmt: skip
_DATUM = re.compile(r"[-+]?[0-9][-+0-9.,:/ TZ]*|[^@\s]+@[^@\s]+|https?://.*")
_ERROR_KEYS = ("error", "errors", "message", "detail", "fault", "error_description")
_BESIDE_ERRORS = {
    *("status", "code", "statuscode", "type", "title", "path", "timestamp", "requestid", "success"),
    *("ok", "category", "correlationid", "documentationurl", "instance", "context", "subcategory"),
    *("links", "errorcode", "errordescription", "error", "errors", "message", "detail", "fault"),
}


def foreign_content(head: bytes, records: Sequence[dict[str, Any]]) -> str | None:
    """Return what a file is that is not an export, by its first bytes and records; else None.

    `records` are its first ones.
    """
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for beginning, words in _BEGINNINGS:
        if beginning.match(text):
            return words
    if not records and head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "a UTF-16 file, and JSON must be UTF-8"
    if _is_without_header(head):
        return "a table without a header: its first line is a record, not the names of the columns"
    if len(records) == 1 and (message := _error_of(records[0])):
        return f"the error response of an API: {message}"
    return None


def _is_without_header(head: bytes) -> bool:
    """Return whether the first line of a table has values: a third are numbers, dates or URLs."""
    header = find_header(head, is_whole=True) if looks_like_csv(head) else None
    names = [name for name in header.names if name] if header else []
    return len(names) > 1 and sum(bool(_DATUM.fullmatch(name)) for name in names) * 3 >= len(names)


def _error_of(record: dict[str, Any]) -> str | None:
    if not record or not all(key_form(key) in _BESIDE_ERRORS for key in record):
        return None
    return next(filter(None, (_message(record.get(key)) for key in _ERROR_KEYS)), None)


def _message(error: Any) -> str | None:
    """Return what an error says: itself, or what is in it."""
    if isinstance(error, list):
        error = error[0] if error else None
    if isinstance(error, dict):
        inner = (error.get(key) for key in ("message", "detail", "title", "type", "code"))
        error = next((text for text in inner if isinstance(text, str)), None)
    return error.strip()[:_LONGEST] if isinstance(error, str) and error.strip() else None
