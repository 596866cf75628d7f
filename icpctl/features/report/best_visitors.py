"""The visitors with the highest scores of a run, kept with their records, and why they match."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from msgspec import Struct, field

from icpctl.features.reasons.explanation import explain_rows
from icpctl.mappings.mapping import CONTACTS, ID, PAGES
from icpctl.scoring.counts import BestVisitors
from icpctl.values import json_records
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from icpctl.config.model import IcpConfig
    from icpctl.features.reasons.explanation import ConfigExplanation
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows

MOST = 1000
"""How many visitors are kept."""

MOST_MATCHES = 3
"""How many of a visitor's matches are explained."""

_LARGEST = 1 << 16  # characters of a record that is kept: a thousand of them fit into memory


class TopVisitor(Struct, frozen=True):
    """A matching visitor.

    `about` has the text of each of `ABOUT` and `CONTACT`, where there is one. `matches` explains
    the first configs that match, and `more` counts the others; both are empty for a record that is
    too large to be kept.
    """

    id: str | None
    file: str
    line: int
    icp: str
    icp_score: float
    about: dict[str, str | None]
    matches: tuple[ConfigExplanation, ...]
    more: int


ABOUT = ("domain", "job_title", "country")
"""Fields that tell people who a visitor is."""

CONTACT = (*CONTACTS, "linkedin_url")
"""Fields that say how to reach a visitor."""


class _Record(Struct, frozen=True):
    """A visitor's record, as far as it `is_whole`, and where it is; `icp` is a config's number."""

    file: str
    line: int
    icp: int
    matches: int
    tokens: dict[str, str | None]
    is_whole: bool


class TopVisitors(Struct):
    """Keeps the best visitors of batches with their records; of equals those that came first."""

    plan: Plan
    best: BestVisitors[_Record] = field(default_factory=lambda: BestVisitors(MOST))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        return tuple(dict.fromkeys([ID, *self.plan.columns, *ABOUT, *CONTACT]))

    def add(self, rows: Rows, chosen: np.ndarray) -> None:
        """Look at the rows of a batch that are True in `chosen` [rows]."""
        self.best.add(rows.verdicts, lambda row_indices: self._records(rows, row_indices), chosen)

    def visitors(self, configs: dict[str, IcpConfig]) -> list[TopVisitor]:
        """The best, highest score first, explained; `configs` are the plan's, by slug."""
        explained = self._explained(configs)
        texts = {
            name: field_texts([record.tokens[name] for record in self.best.visitors])
            for name in (ID, *ABOUT, *CONTACT)
        }
        return [
            TopVisitor(
                id=texts[ID][number],
                file=ranked.visitor.file,
                line=ranked.visitor.line,
                icp=self.plan.configs[ranked.visitor.icp].slug,
                icp_score=ranked.hundredths / 100,
                about={name: texts[name][number] for name in (*ABOUT, *CONTACT)},
                matches=explained.get(number, ()),
                more=ranked.visitor.matches - len(explained.get(number, ())),
            )
            for number, ranked in enumerate(self.best.ranked)
        ]

    def _records(self, rows: Rows, row_indices: np.ndarray) -> list[_Record]:
        taken = pa.array(row_indices)
        columns = {name: rows.fields[name].take(taken).to_pylist() for name in self.fields}
        matches = np.diff(rows.verdicts.offsets)
        return [
            _Record(
                rows.source,
                int(rows.lines[row]),
                int(rows.verdicts.icp[row]),
                int(matches[row]),
                *_kept_of(dict(zip(columns, map(token_of, values), strict=True))),
            )
            for row, values in zip(
                row_indices.tolist(), zip(*columns.values(), strict=True), strict=True
            )
        ]

    def _explained(self, configs: dict[str, IcpConfig]) -> dict[int, tuple[ConfigExplanation, ...]]:
        """Why the best visitors match, by their place among them; not for records that were cut."""
        whole = [
            (place, record) for place, record in enumerate(self.best.visitors) if record.is_whole
        ]
        if not whole:
            return {}
        rows = _batch([record.tokens for _, record in whole], self.fields)
        lines = [record.line for _, record in whole]
        explained = explain_rows(rows, lines, self.plan, configs, most_matches=MOST_MATCHES)
        return {
            place: explanation.configs
            for (place, _), explanation in zip(whole, explained, strict=True)
        }


def field_texts(tokens: list[str | None]) -> list[str | None]:
    """Return the texts of JSON texts; of a list, such as a first and a last name, its texts."""
    texts: list[str | None] = scalar_texts(pa.array(tokens, pa.string())).to_pylist()
    for row, token in enumerate(tokens):
        if texts[row] is None and token and token.startswith("["):
            parts = [part for part in json.loads(token) if isinstance(part, str) and part.strip()]
            texts[row] = " ".join(parts) or None
    return texts


def token_of(value: Any) -> str | None:
    """Return the JSON text of a value; a list of pages comes as the texts of its elements."""
    if isinstance(value, list):
        return f"[{','.join('null' if page is None else page for page in value)}]"
    return None if value is None else str(value)


def _kept_of(record: dict[str, str | None]) -> tuple[dict[str, str | None], bool]:
    """The record and True, or of one that is too large what is short enough, and False."""
    if sum(len(token) for token in record.values() if token) <= _LARGEST:
        return record, True
    return {
        name: token if token and len(token) < 1000 else None for name, token in record.items()
    }, False


def _batch(records: list[dict[str, str | None]], names: tuple[str, ...]) -> pa.RecordBatch:
    columns = {name: pa.array([record[name] for record in records], pa.string()) for name in names}
    if PAGES in columns:
        lists = [json_records.loads(record[PAGES] or "[]") for record in records]
        tokens = [[json_records.dumps(page) for page in pages] for pages in lists]
        columns[PAGES] = pa.array(tokens, pa.list_(pa.string()))
    return pa.RecordBatch.from_pydict(columns)
