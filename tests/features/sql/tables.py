"""Visitors as rows of typed tables, and as the records that such rows are."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.model import ConfigFile, IcpConfig
from icpctl.features.sql.columns import Column, Columns, ColumnType
from icpctl.features.sql.dialects import DIALECTS
from icpctl.features.sql.forms import COUNT, RANGE
from icpctl.features.sql.request import Request
from icpctl.features.sql.statement import make_statement
from icpctl.mappings.mapping import FIELDS, ID, LAST_SEEN, PAGES
from icpctl.values.number_forms import DASHES
from icpctl.vocabulary import CONDITION_TYPES, Kind
from tests import oracle

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = "2026-11-23T12:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
T = ColumnType

USUAL: dict[str, ColumnType] = {
    name: {
        ID: T.TEXT,
        LAST_SEEN: T.TIMESTAMP,
        PAGES: T.LIST,
    }.get(name)
    or {Kind.TEXT: T.TEXT, Kind.NUMBER: T.NUMBER, Kind.BOOLEAN: T.BOOLEAN}[
        CONDITION_TYPES[name].kind
    ]
    for name in FIELDS
}
TEXTS = {name: T.TEXT for name in FIELDS if name != LAST_SEEN} | {LAST_SEEN: T.TIMESTAMP}
LISTS = USUAL | {name: T.LIST for name, entry in CONDITION_TYPES.items() if entry.kind is Kind.TEXT}
LAYOUTS = {"usual": USUAL, "texts": TEXTS, "lists": LISTS, "json": USUAL | {PAGES: T.JSON}}
"""Types of the columns of a table."""


def columns_of(types: dict[str, ColumnType]) -> Columns:
    """Columns whose names are their fields'."""
    return {name: Column(name, types[name]) for name in FIELDS}


def row_of(record: dict[str, Any], types: dict[str, ColumnType]) -> dict[str, Any]:
    """What a table of these types can hold of a record."""
    return {name: _cell(name, record, types[name]) for name in FIELDS}


def _cell(name: str, record: dict[str, Any], kind: ColumnType) -> Any:
    raw = _assumed(name, _raw(name, record))
    match kind:
        case T.TIMESTAMP:
            return _moment(raw)
        case T.JSON:
            return None if raw is None else _json(raw)
        case T.LIST:
            items = raw if isinstance(raw, list) else [raw]
            return None if raw is None else [_text(it) for it in items]
        case T.TEXT:
            return _text(raw)
        case T.BOOLEAN:
            return raw if isinstance(raw, bool) else None
        case _:
            if isinstance(raw, bool) or not isinstance(raw, int | float):
                return None
            return float(raw) if abs(raw) < 1e300 else math.nan


def as_assumed(row: dict[str, Any], dialect: str) -> dict[str, Any]:
    """Return a row as a dialect assumes it: with composed texts if it cannot compose them."""
    if DIALECTS[dialect].composes:
        return row
    return {name: _composed(cell) for name, cell in row.items()}


def _composed(cell: Any) -> Any:
    """Return a cell whose texts are in NFC as they are seen, and in lower case."""
    if isinstance(cell, list):
        return list(map(_composed, cell))
    if not isinstance(cell, str):
        return cell
    shown = oracle.INVISIBLE.sub("", cell)
    if all(unicodedata.is_normalized("NFC", form) for form in (shown, shown.casefold())):
        return cell
    return oracle.composed(oracle.composed(shown).casefold())


def _assumed(name: str, raw: Any) -> Any:
    """What SQL reads as the record reader does: see the assumptions in a statement's header.

    UTM parameters have columns of their own, ranges and numbers as texts have usual spellings.
    """
    if isinstance(raw, list):
        return [_assumed(name, it) for it in raw]
    if name == PAGES:
        return json.loads(json.dumps(raw).replace("utm", "u").replace("UTM", "U"))
    if name in ("company_size", "employee_size_range") and isinstance(raw, dict):
        return None
    if not isinstance(raw, str):
        return raw
    if name in ("company_size", "employee_size_range"):
        sizes = oracle.range_of(raw)
        return f"{int(sizes.low)}+" if sizes and not _is_spelt(raw, RANGE) else raw
    if name in oracle.COUNTS:
        count = oracle.count_of(oracle.visible(raw))
        return str(int(count)) if count is not None and not _is_spelt(raw, COUNT) else raw
    is_number = name in ("icp_score", "last_seen_days")
    fits = is_number and oracle.number(raw).fits
    return repr(oracle.number(raw).values[0]) if fits else raw


def _is_spelt(text: str, pattern: str) -> bool:
    """Whether SQL reads a range or a count in this spelling."""
    form = re.sub(f"[{DASHES}]", "-", oracle.visible(text).lower())
    return bool(re.fullmatch(pattern, form) or oracle.NUMBER.fullmatch(form))


def _raw(name: str, record: dict[str, Any]) -> Any:
    head, *rest = name.split("_")
    names = [name, head + "".join(map(str.capitalize, rest)), *oracle.OTHER_NAMES.get(name, [])]
    return next((record[it] for it in names if record.get(it) is not None), None)


def _text(raw: Any) -> str | None:
    if isinstance(raw, dict):
        raw = raw.get("url") or raw.get("path")
    if isinstance(raw, str):
        # Half a character is no text, and PostgreSQL has no NUL.
        return raw.encode(errors="replace").decode().replace("\0", "")
    if raw is None or isinstance(raw, dict | list):
        return None
    return None if isinstance(raw, float) and not math.isfinite(raw) else json.dumps(raw)


def _moment(raw: Any) -> datetime | None:
    found = [] if raw is None else oracle.moment(raw).values
    return EPOCH + timedelta(microseconds=math.floor(found[0] * 10**6)) if found else None


def _json(raw: Any) -> str:
    """JSON that PostgreSQL takes: without NaN, NUL and half characters."""
    text = json.dumps(raw).replace("NaN", "null").replace("Infinity", "null")
    return re.sub(r"\\u(0000|d[89a-f]..)", "?", text)


def record_of(row: dict[str, Any], types: dict[str, ColumnType]) -> dict[str, Any]:
    """The record that a row is: dates as texts, nothing where there is NULL."""
    shown = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
        if value is not None
    }
    shown |= {name: json.loads(shown[name]) for name in shown if types[name] is T.JSON}
    return {
        name: [it for it in value if it is not None] if isinstance(value, list) else value
        for name, value in shown.items()
    }


def expected(
    configs: list[tuple[str, dict[str, Any]]],
    row: dict[str, Any],
    types: dict[str, ColumnType],
    case_sensitive: bool,
    tiers: dict[str, float] | None = None,
) -> dict[str, Any]:
    """The oracle's verdict about a row."""
    record = record_of(row, types)
    found = oracle.verdict(configs, record, as_of=AS_OF, case_sensitive=case_sensitive, tiers=tiers)
    del found["warnings"]
    return {"icp_tier": None, "excluded_by": None} | found


def seen(verdict: tuple[Any, ...], *, tiers: bool = False) -> dict[str, Any]:
    """A row of a statement, without its id, as the oracle says it."""
    _, matched, slug, score, matches, *more = verdict
    return {
        "icp_tier": more.pop(0) if tiers else None,
        "excluded_by": more.pop() if more else None,
        "icp_match": bool(matched),
        "icp": slug,
        "icp_score": float(score),
        "matches": json.loads(matches),
    }


def files_of(
    configs: list[tuple[str, dict[str, Any]]],
    folder: Path,
    definitions: Definitions = NOTHING_DEFINED,
) -> list[ConfigFile]:
    """Configs as the files that they are read from."""
    return [
        ConfigFile(
            slug,
            None,
            folder / f"{slug}.json",
            IcpConfig.model_validate(body, context=definitions),
            json.dumps(body).encode(),
        )
        for slug, body in configs
    ]


def sql_of(
    dialect: str,
    configs: list[ConfigFile],
    types: dict[str, ColumnType],
    *,
    case_sensitive: bool = False,
    tiers: dict[str, float] | None = None,
    more: Columns | None = None,
) -> str:
    """The statement that scores the table `visitors`; `more` are columns of custom fields."""
    request = Request(
        dialect,
        ("visitors",),
        columns_of(types) | (more or {}),
        datetime.fromisoformat(AS_OF),
        case_sensitive,
        tiers or {},
    )
    return make_statement(configs, request).tree.sql(dialect, pretty=True)
