"""Lists of deals as CRMs export them: which columns say what, and their values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.errors import IcpctlError, Location
from icpctl.exports.columns.visitor_columns import Columns
from icpctl.exports.detection.recognition import mapping_of
from icpctl.exports.detection.samples import first_records
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.features.outcomes.joining.deals import DealRows, DealTable, Outcome, read_outcome
from icpctl.mappings.mapping import parse_path
from icpctl.values import typed_columns
from icpctl.values.forms import number_forms
from icpctl.values.join_keys import keys_of
from icpctl.values.tokens import distinct_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pyarrow as pa

    from icpctl.exports.columns.batches import Rejected
    from icpctl.exports.files.sources import Source
    from icpctl.mappings.mapping import Mapping
    from icpctl.mappings.paths import Path
    from icpctl.values.join_keys import KeyForm

NAMES = {
    "outcome": "hs_is_closed_won iswon won dealstage dealstagename stagename stage "
    "opportunitystage status outcome result",
    "close": "closedate closedat closeddate dateclosed close",
    "amount": "amount dealamount amountincompanycurrency value dealvalue arr acv",
}
"""What HubSpot deals, Salesforce opportunities and people call it, without spaces, `_` and `-`."""

_DEAL_NAMES = {"outcome": "outcome", "close": "close_date", "amount": "amount"}
"""What `deals` in a mapping calls it."""

DOMAIN_NAMES = (
    "domain companydomain companydomainname associatedcompanydomain primarydomain website "
    "companywebsite accountwebsite accountdomain emaildomain email contactemail url"
)
"""What a deal's account is known by."""

_MICROS = 1_000_000


@dataclass(slots=True)
class DealReading:
    """Deals that were read: the table, lines that are not records, and names of the files."""

    table: DealTable = field(default_factory=DealTable)
    rejected: list[Rejected] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class DealKey:
    """How deals join: `path` where it is given, else columns of these `names`; a key's form.

    `mappings` are the user's: the `deals` of the one that a file takes say where it has what.
    """

    path: Path | None
    names: str
    form: KeyForm
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
        reading.files.append(source.name)
        mapping = _mapping_of(source, key.mappings)
        columns = Columns.of(mapping, _columns_of(source, mapping, key))
        for batch in Reader(columns).read(source):
            reading.rejected += batch.rejected
            rows = _rows_of(batch.table, key.form, unsaid)
            reading.table.add(rows)


def _mapping_of(source: Source, mappings: Sequence[Mapping]) -> Mapping:
    """Return the user's mapping that says where a file has deals, else what its records tell."""
    own = [mapping for mapping in mappings if mapping.deals]
    return mapping_of(source, own)[0]


def _columns_of(source: Source, mapping: Mapping, key: DealKey) -> dict[str, tuple[Path, ...]]:
    paths = _paths_in(first_records(source, mapping=mapping))
    columns = {
        name: (*mapping.deals.get(_DEAL_NAMES[name], ()), *_named(paths, names))
        for name, names in NAMES.items()
    }
    named = (*mapping.deals.get("key", ()), *_named(paths, key.names))
    columns["key"] = (key.path,) if key.path else named
    if not columns["key"]:
        has = ", ".join(path for path, _ in paths.values()) or "nothing"
        raise IcpctlError(
            f"no column says whose deal it is: it has {has}",
            "no_deal_key",
            Location(source.name),
            "name the fields that join them, such as --on domain=COLUMN",
        )
    return columns


def _paths_in(records: Iterable[dict[str, Any]]) -> dict[str, tuple[str, Path]]:
    """The first path of each key, at the top or one object down, by its reduced name."""
    paths: dict[str, tuple[str, Path]] = {}
    for record in records:
        for name, value in record.items():
            nested = value if isinstance(value, dict) else {}
            for steps in ((name,), *((name, inner) for inner in nested)):
                quoted = ".".join(json.dumps(step, ensure_ascii=False) for step in steps)
                path = ".".join(steps), parse_path(quoted)
                paths.setdefault(_reduced(steps[-1]), path)
    return paths


def _named(paths: dict[str, tuple[str, Path]], names: str) -> tuple[Path, ...]:
    return tuple(paths[name][1] for name in map(_reduced, names.split()) if name in paths)


def _reduced(name: str) -> str:
    return re.sub(r"[\s_\-]+", "", name).casefold()


def _rows_of(table: pa.RecordBatch, form: KeyForm, unsaid: Outcome) -> DealRows:
    micros, known, _ = typed_columns.instants(table["close"])
    outcomes = _distinctly(table["outcome"], lambda text: int(_outcome(text, unsaid)), int(unsaid))
    amounts = _distinctly(table["amount"], read_amount, np.nan)
    return DealRows(
        keys_of(table["key"], form),
        np.array(outcomes, np.int8),
        np.where(known, micros / _MICROS, np.nan),
        np.array(amounts, np.float64),
    )


def _outcome(text: str, unsaid: Outcome) -> Outcome:
    """What a stage or flag says; a flag that is false says of a won list that it is not won."""
    return read_outcome(text) if text.strip() else unsaid


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


def read_amount(text: str) -> float:
    """The number of an amount, in the spellings that number fields take; NaN if there is none."""
    amount = number_forms.number(text)
    return float("nan") if amount is None else amount
