"""Which mapping an export is read with: recognised from its first records, unless one is forced."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError
from icpctl.exports.columns.field_columns import first_value, keys_of_mapping
from icpctl.exports.files.sources import head_of
from icpctl.exports.recognition import (
    fields_in,
    first_records,
    formed,
    formed_fields,
    mapping_of,
    table_layout,
)
from icpctl.mappings.mapping import ID, LAST_SEEN, PAGES, Mapping
from icpctl.mappings.paths import path_text
from icpctl.values import date_forms, text_forms
from icpctl.values.json_records import scalar_text
from icpctl.values.text_forms import key_form
from icpctl.vocabulary import CONDITION_TYPES, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from icpctl.exports.files.sources import Source

    Record = dict[str, Any]


EXPORT_AGAIN = "export the visitors again, and look at the file before it is scored"
"""What to do where a file is something else than an export."""

_KEYS_SHOWN = 8
_AN_ID = re.compile(r"(?<![a-z])(?:uu|gu)?id(?![a-z])|(?-i:[a-z]I[Dd]$)", re.I)
_DIGIT = re.compile(r"\d").search
_ODD = re.compile(
    r"(?P<html>&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{2,5}|#[xX][0-9A-Fa-f]{2,5});)"
    r"|(?P<bytes>[\u00c2\u00c3][\u0080-\u00bf\u0152-\u0178\u2013-\u2030\u20ac]|\u00e2\u20ac)"
    r"|(?P<list>\['[^']*'[],])"
    r"|(?P<none>'(?i:null|none|nil|nan|undefined|unknown|-+|\?|#(?:REF|VALUE|DIV/0|NAME)[!?])')"
)
_LOOKED_AT, _SHOWN = 1 << 14, 80  # characters of a record, and of a text
_ODD_WORDS = {
    "html": "with HTML in them; conditions compare them as they are written",
    "bytes": "which somebody read in a wrong encoding; conditions compare them as they are written",
    "list": "lists of Python; conditions compare them as they are written",
    "none": "which count as values; in a mapping `missing` lists such texts",
}


class Mapped(Struct, frozen=True):
    """The mapping of one file.

    `recognised` says that the file's records showed it. `first` are the fields that some of the
    first records have. `fits` is false where these have none but an id; `keys` are then some of
    theirs. `doubled` are names that several columns of a table have, of which only the first is
    read. `skipped_lines` are above the header of a table and below it; `sheets` of a workbook are
    not read. Of the first records, `looked_at` many, `repeated_ids` have the id of one before,
    though none are rolled up. Where none has an id, `likely_id` is the path of what may be one.
    `doubts` are lines about what is most likely not meant. `foreign` is what the file is instead of
    an export. `kept` are the first records of what cannot be read again.
    """

    source: str
    mapping: Mapping
    recognised: bool
    fits: bool
    keys: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    skipped_lines: tuple[int, int] = (0, 0)
    sheets: tuple[str, ...] = ()
    first: frozenset[str] = frozenset()
    repeated_ids: int = 0
    looked_at: int = 0
    likely_id: str | None = None
    doubts: tuple[str, ...] = ()
    foreign: str | None = None
    kept: tuple[dict[str, Any], ...] = ()


def map_sources(
    sources: Sequence[Source],
    forced: Sequence[Mapping] = (),
    *,
    keep: int = 0,
    rolled_up: bool = False,
) -> list[Mapped]:
    """Return the mapping of each file: of `forced` the first that recognises it, else their first.

    Without `forced` it is what the file's first records tell. The first records of the first `keep`
    files are kept, and those of what cannot be read again. Repeated ids are not counted where
    records are `rolled_up`. Raises `IcpctlError` `mapping_fits_nothing` where `forced` finds no
    field in any file.
    """
    forced = [mapping for mapping in forced if any(mapping.paths.values())]  # not of deals alone
    mapped = [_mapped(source, forced, keep=at < keep) for at, source in enumerate(sources)]
    if rolled_up:
        mapped = [replace(of_file, repeated_ids=0, likely_id=None) for of_file in mapped]
    if forced and mapped and not any(file.fits or file.first for file in mapped):
        these = "this mapping" if len(forced) == 1 else "these mappings"
        raise IcpctlError(
            f"no field of {these} is in the first records of {mapped[0].source}",
            "mapping_fits_nothing",
            forced[0].where,
            f"they have {_listed(mapped[0].keys)}; icpctl inspect {mapped[0].source} shows what is "
            "in an export, and without a mapping the format is recognised",
        )
    return mapped


def unknown_format(one: Mapped) -> tuple[str, str]:
    """What is wrong with a file of which nothing was found, and what to do."""
    if one.foreign:
        return f"this is {one.foreign}", EXPORT_AGAIN
    has = f"only {_listed(one.keys)}" if one.keys else "nor anything else"
    return (
        f"no record has a field of a visitor, {has}; tried the mapping {one.mapping.name}",
        f"icpctl inspect --suggest {one.source} drafts a mapping for it, and --mapping FILE names "
        "it; icpctl mappings lists the formats that are recognised",
    )


def doubled_columns(one: Mapped) -> tuple[str, str]:
    """What is said where columns of a table have the same name, and what to do."""
    return (
        f"several columns are called {_listed(one.doubled)}; only the first of them is read",
        "rename the others, so that a mapping can name them",
    )


def no_ids(mapped: Mapped) -> tuple[str, str]:
    """What is said where no record has an id, though a key may hold them, and what to do."""
    return (
        f"no record has an id; {mapped.likely_id} is most likely one",
        f"id: {mapped.likely_id} in a mapping reads it; icpctl inspect --suggest drafts one",
    )


def _mapped(source: Source, forced: Sequence[Mapping], *, keep: bool = False) -> Mapped:
    mapping, recognised = mapping_of(source, forced)
    sample = list(first_records(source, mapping=mapping))
    columns, skipped, sheets = table_layout(source)
    doubled = tuple(name for name, count in Counter(columns).items() if name and count > 1)
    records = [formed(dict(source.partition) | record) for record in sample]
    first = fields_in(mapping, records)
    # A file of which no record can be shown is for the reader to judge.
    fits = not any(records) or bool(first - {ID})
    keys = () if fits else tuple(dict.fromkeys(key for record in sample for key in record))
    return Mapped(
        source.name,
        mapping,
        recognised,
        fits,
        keys,
        doubled=doubled if source.format == "parquet" else (),
        skipped_lines=skipped,
        sheets=sheets,
        first=first,
        repeated_ids=0 if mapping.by else _repeated_ids(mapping, records),
        looked_at=len(records),
        likely_id=None if mapping.by or ID in first or not fits else _likely_id(sample),
        doubts=(
            *(_second_header(sample) if source.format in ("csv", "workbook") else ()),
            *(_unread_columns(doubled, mapping) if source.format != "parquet" else ()),
            *_misread(mapping, records),
        ),
        foreign=None if first - {ID} else _foreign(source, sample),
        kept=tuple(sample) if keep or source.pipe else (),
    )


def _foreign(source: Source, records: Sequence[dict[str, Any]]) -> str | None:
    """Return what a file is, as far as that is known, where it is not an export."""
    head = head_of(source)
    if source.format == "csv" and re.match(rb'\s*\[?\s*\{\s*"', head):
        return "JSON, though its name is that of a table"
    return foreign_content(head, records)


def _likely_id(records: Sequence[Record]) -> str | None:
    """Return the path of the first key that is called an id, and whose values never repeat."""
    for name in dict.fromkeys(key for record in records for key in record):
        texts = [_text(record.get(name)) for record in records if _AN_ID.search(name)]
        if all(texts) and texts and len(set(texts)) == len(texts):
            return path_text((name[:_SHOWN],))
    return None


def _second_header(rows: Sequence[Record]) -> Iterator[str]:
    """Yield a line if the first row has words alone, two of them above nothing but figures."""
    cells = [{name: _text(cell) for name, cell in row.items()} for row in rows]
    first, below = cells[0] if cells else {}, cells[1:]
    columns = {name: list(filter(None, (row.get(name) for row in below))) for name in first}
    figures = [
        name for name, texts in columns.items() if len(texts) > 1 and all(map(_DIGIT, texts))
    ]
    words = [f"{name}: {first[name]}"[:_SHOWN] for name in figures if first[name]]
    if len(words) > 1 and not any(map(_DIGIT, first.values())):
        listed = ", ".join(words[:2])
        yield f"the first record is most likely a second header ({listed}); it counts as a visitor"


def _unread_columns(doubled: Sequence[str], mapping: Mapping) -> Iterator[str]:
    """Yield a line if the mapping reads only the first of several columns with the same name."""
    keys = keys_of_mapping(mapping)
    lost = [n for n in doubled if key_form(n) in keys and key_form(f"{n}_1") not in keys]
    if lost:
        yield (
            f"several columns are called {_listed(lost)}; only the first of them is read, and a "
            f"mapping can name the second {lost[0]}_1"
        )


def _misread(mapping: Mapping, records: Sequence[Record]) -> Iterator[str]:
    """Yield a line for each field of which the contract reads what is most likely not meant."""
    odd = [record for record in records if _ODD.search(repr(record)[:_LOOKED_AT])]
    for name, paths in formed_fields(mapping).items():
        entry = CONDITION_TYPES.get(name)
        if name == LAST_SEEN:
            dates = [_text(first_value(record, paths)) for record in records]
            formats = {date_forms.compact_format(text) for text in dates if text}
            if len(formats) == 1 and (pattern := formats.pop()):
                yield (
                    f"{name} such as {next(filter(None, dates))} counts as a time since 1970; "
                    f'a mapping with as: date and format: "{pattern}" reads it as a date'
                )
        elif name == PAGES or (entry and entry.kind is Kind.TEXT):
            texts = (f"'{_text(first_value(record, paths))}'" for record in odd)
            if match := next(filter(None, map(_ODD.search, texts)), None):
                what = next(words for part, words in _ODD_WORDS.items() if match[part])
                yield f"{name} has texts such as {match.string[1:-1][:_SHOWN]}, {what}"


def _text(value: Any) -> str:
    """Return what a reader sees of a value, nothing of one that is missing."""
    text = text_forms.visible(scalar_text(value) or "")
    return "" if text in text_forms.MISSING else text


def _repeated_ids(mapping: Mapping, records: Sequence[dict[str, Any]]) -> int:
    """Return how many of the records have the id of one before."""
    paths = formed_fields(mapping)[ID]
    ids = [scalar_text(first_value(record, paths)) for record in records]
    known = [text for text in ids if text is not None]
    return len(known) - len(set(known))


def _listed(keys: Sequence[str]) -> str:
    more = f" and {len(keys) - _KEYS_SHOWN} more keys" if len(keys) > _KEYS_SHOWN else ""
    return ", ".join(key[:40] for key in keys[:_KEYS_SHOWN]) + more


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
    from icpctl.exports.files.csv_dialect import find_header, looks_like_csv

    names = find_header(head, is_whole=True).names if looks_like_csv(head) else []
    names = [name for name in names if name]
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
