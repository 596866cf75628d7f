"""Lists of deals as CRMs export them: which columns say what, and their values."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.batches import ThreadScanners
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.columns.field_warnings import FieldWarnings, Misfits
from icpctl.exports.columns.json_texts import plain
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import KEPT_BYTES, Reader
from icpctl.exports.recognition import first_records, mapping_of, table_layout
from icpctl.features.outcomes.joining.deals import (
    UNSAID,
    DealRows,
    DealTable,
    Outcome,
    merge_outcomes,
    read_outcome,
)
from icpctl.features.outcomes.joining.keys import KeyReader
from icpctl.mappings.paths import parse_path, path_text
from icpctl.values import typed_columns
from icpctl.values.column import distinct_of, missing
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.exports.files.sources import Source
    from icpctl.exports.visitor_keys import KeyForm
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path

NAMES = {
    "won": "hs_is_closed_won isclosedwon iswon won",
    "closed": "hs_is_closed isdealclosed isclosed closed",
    "stage": "dealstage dealstagename stagename stage opportunitystage status outcome result",
    "close_date": "closedate closedat closeddate dateclosed close",
    "amount": "amount dealamount amountincompanycurrency value dealvalue arr acv",
}
"""What HubSpot deals, Salesforce opportunities and people call it; see `_reduced`."""

_DEAL_NAMES = {"stage": "outcome", "close_date": "close_date", "amount": "amount"}
"""What `deals` in a mapping calls it. Where it names the outcome, no flag is read."""

_FLAGS = ("won", "closed")
_TEXTS = ("key", "stage", *_FLAGS, "close_date", "amount")
"""Columns whose texts are read once each, as those of any text that conditions ask for."""

DOMAIN_NAMES = (
    "domain companydomain companydomainname associatedcompanydomain primarydomain website "
    "companywebsite accountwebsite accountdomain emaildomain email contactemail url"
)
"""What a deal's account is known by."""

_MICROS = 1_000_000


class DealReading(Struct):
    """Deals that were read: the table, the files, and what was odd about them.

    `layouts` are the lines around a file's header that are skipped, and the sheets that are not
    read. `rejected` are lines that are not records; `oddities` by column are close dates and
    amounts that cannot be read, and stages that are neither won nor lost. `unsaid` names the files
    without a stage, and what each of their deals is.
    """

    table: DealTable = field(default_factory=DealTable)
    sources: list[Source] = field(default_factory=list)
    layouts: dict[str, tuple[tuple[int, int], tuple[str, ...]]] = field(default_factory=dict)
    repeated_headers: Counter[str] = field(default_factory=Counter)
    rejected: list[Rejected] = field(default_factory=list)
    oddities: FieldWarnings = field(default_factory=FieldWarnings)
    unsaid: dict[str, Outcome] = field(default_factory=dict)


class DealKey(Struct, frozen=True):
    """How deals join: `path` where it is given, else columns of these `names`; a key's form.

    `field` is what visitors join on. `mappings` are the user's: the `deals` of the one that a file
    takes say where it has what.
    """

    path: Path | None
    names: str
    form: KeyForm
    field: str = "domain"
    mappings: tuple[Mapping, ...] = ()


def read_deals(
    reading: DealReading,
    files: Sequence[str],
    key: DealKey,
    *,
    unsaid: Outcome,
    encoding: str | None = None,
) -> None:
    """Add the deals of files; one whose file has no column for the outcome is `unsaid`.

    `encoding` is that of CSV files which are not UTF-8. Raises `IcpctlError`: what reading raises,
    and `no_deal_key` where nothing joins.
    """
    for source in find_sources(files, encoding):
        reading.sources.append(source)
        reading.layouts[source.name] = table_layout(source)[1:]
        mapping = _mapping_of(source, key.mappings)
        known = _paths_in(first_records(source, mapping=mapping))
        paths = _columns_of(known, mapping, key)
        if not paths["key"]:
            raise _no_key(source, known, key, "no column says whose deal it is")
        has_outcome = bool(paths["won"] or paths["stage"])
        if not has_outcome:
            reading.unsaid[source.name] = unsaid
        reader = KeyReader(key.form)
        rows = keys = 0
        columns = Columns.of(mapping, paths, dict.fromkeys(_TEXTS, CONDITION_TYPES["city"]))
        scanners = ThreadScanners(kept_bytes=KEPT_BYTES)
        for batch in Reader(columns, scanners=scanners).read(source):
            reading.rejected += batch.rejected
            reading.repeated_headers[source.name] += batch.repeated_headers
            deals = _rows_of(batch.table, reader, Outcome.OPEN if has_outcome else unsaid)
            reading.oddities.add(source.name, _oddities_of(batch, deals))
            reading.table.add(deals)
            rows += batch.table.num_rows
            keys += batch.table.num_rows - batch.table["key"].null_count
        if key.path and rows and not keys:
            raise _no_key(source, known, key, f"no row has a value at {path_text(key.path)}")


def _oddities_of(batch: Batch, deals: DealRows) -> dict[str, Misfits]:
    """The close dates and amounts that cannot be read, and the stages of open deals, by column.

    A deal without a stage has the text of its flag instead.
    """
    table = {name: batch.table[name] for name in ("close_date", "amount", "stage")}
    is_open = deals.outcomes == Outcome.OPEN
    if is_open.any() and batch.table["won"].null_count < len(is_open):
        table["stage"] = pc.coalesce(plain(table["stage"]), plain(batch.table["won"]))
    rows = {
        "close_date": typed_columns.instants(table["close_date"])[2],
        "amount": _filled(table["amount"], np.isnan(deals.amounts)),
        "stage": _filled(table["stage"], is_open),
    }
    return {
        name: Misfits.of(plain(table[name]), of_column, batch.lines)
        for name, of_column in rows.items()
        if len(of_column)
    }


def _filled(tokens: pa.Array, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The numbers of the chosen rows that have a value."""
    rows = np.flatnonzero(chosen)
    filled: NDArray[np.int64] = rows[~missing(plain(tokens.take(pa.array(rows))))]
    return filled


def _mapping_of(source: Source, mappings: Sequence[Mapping]) -> Mapping:
    """Return the user's mapping that says where a file has deals, else what its records tell."""
    own = [mapping for mapping in mappings if mapping.deals]
    return mapping_of(source, own)[0]


def _columns_of(
    known: dict[str, tuple[str, Path]], mapping: Mapping, key: DealKey
) -> dict[str, tuple[Path, ...]]:
    """The paths of each column, of those that are `known` or that the mapping names."""
    columns = {
        name: (*mapping.deals.get(_DEAL_NAMES.get(name, ""), ()), *_named(known, names))
        for name, names in NAMES.items()
    }
    if "outcome" in mapping.deals:
        columns |= dict.fromkeys(_FLAGS, ())
    named = (*mapping.deals.get("key", ()), *_named(known, key.names))
    columns["key"] = (key.path,) if key.path else named
    return columns


def _no_key(
    source: Source, known: dict[str, tuple[str, Path]], key: DealKey, what: str
) -> IcpctlError:
    place = Location(source.name)
    if not known:
        hint = "a list of deals has the names of its columns, or keys, and a record for each deal"
        return IcpctlError("no deals in this file", "no_deal_key", place, hint)
    names = ", ".join(name for name, _ in known.values())
    hint = f"name the fields that join them, such as --on {key.field}=COLUMN"
    return IcpctlError(f"{what}: the columns are {names}", "no_deal_key", place, hint)


def _paths_in(records: Iterable[dict[str, Any]]) -> dict[str, tuple[str, Path]]:
    """The first path of each key, at the top or one object down, by its reduced name."""
    steps_of_keys: dict[tuple[str, ...], None] = {}  # in the order in which they occur
    for record in records:
        for name, value in record.items():
            nested = value if isinstance(value, dict) else {}
            steps_of_keys |= dict.fromkeys([(name,), *((name, inner) for inner in nested)])
    paths: dict[str, tuple[str, Path]] = {}
    for steps in steps_of_keys:
        quoted = ".".join(json.dumps(step, ensure_ascii=False) for step in steps)
        paths.setdefault(_reduced(steps[-1]), (".".join(steps), parse_path(quoted)))
    return paths


def _named(paths: dict[str, tuple[str, Path]], names: str) -> tuple[Path, ...]:
    return tuple(paths[name][1] for name in map(_reduced, names.split()) if name in paths)


def _reduced(name: str) -> str:
    """A name without spaces, `_`, `-` and `?`, and without letter case."""
    return re.sub(r"[\s_\-?]+", "", name).casefold()


def _rows_of(table: pa.RecordBatch, reader: KeyReader, unsaid: Outcome) -> DealRows:
    micros, known, _ = typed_columns.instants(table["close_date"])
    won, stages, closed = (
        np.array(_distinctly(table[name], _said, UNSAID), np.int8)
        for name in ("won", "stage", "closed")
    )
    amounts = typed_columns.numbers(table["amount"], "icp_score")  # any number, but no range
    return DealRows(
        reader.keys(table["key"]),
        merge_outcomes(won, stages, closed, unsaid),
        np.where(known, micros / _MICROS, np.nan),
        np.append(amounts.values[:, 0], np.nan)[amounts.rows],
    )


def _said(text: str) -> int:
    """The outcome that a stage or flag says; `UNSAID` if it is blank."""
    return read_outcome(text) if text.strip() else UNSAID


def _distinctly(tokens: pa.Array, convert: Callable[[str], Any], missing: Any) -> list[Any]:
    """What each row's text is converted to, each distinct one once."""
    codes, distinct = distinct_of(tokens)
    values = [convert(text_of(token)) for token in distinct.to_pylist()]
    return [*map([*values, missing].__getitem__, codes.tolist())]


def text_of(token: str) -> str:
    """The text of a JSON text: strings without quotes, of a list its first text."""
    value = json.loads(token)
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
