"""The visitors with the highest scores of a run, kept with their records, and why they match."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from icpctl.mappings.mapping import ID
from icpctl.scoring.explanation import explain_rows
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from icpctl.config.model import IcpConfig
    from icpctl.scoring.explanation import ConfigExplanation
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows

MOST = 1000
"""How many visitors are kept."""

MOST_MATCHES = 3
"""How many of a visitor's matches are explained."""

_LARGEST = 1 << 16  # characters of a record that is kept: a thousand of them fit into memory


@dataclass(frozen=True, slots=True)
class TopVisitor:
    """A matching visitor.

    `about` has the text of each of `ABOUT`, where there is one. `matches` explains the first
    configs that match, and `more` counts the others; both are empty for a record that is too large
    to be kept.
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


@dataclass(frozen=True, slots=True)
class _Kept:
    hundredths: int
    place: int
    file: str
    line: int
    icp: int
    matches: int
    record: dict[str, str | None]
    is_whole: bool

    @property
    def order(self) -> tuple[int, int]:
        return -self.hundredths, self.place


@dataclass(slots=True)
class Top:
    """Keeps the best visitors of batches; of equals those that came first."""

    plan: Plan
    seen: int = 0
    best: list[_Kept] = field(default_factory=list)

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        return tuple(dict.fromkeys([ID, *self.plan.columns, *ABOUT]))

    def add(self, rows: Rows, chosen: np.ndarray) -> None:
        """Look at the rows of a batch that are True in `chosen` [rows]."""
        verdicts, start = rows.verdicts, self.seen
        self.seen += len(verdicts.icp)
        worst = self.best[-1].hundredths if len(self.best) == MOST else -1
        found = np.flatnonzero(chosen & (verdicts.icp >= 0) & (verdicts.icp_hundredths > worst))
        order = np.argsort(-verdicts.icp_hundredths[found], kind="stable")[:MOST]
        found = found[order]
        if not len(found):
            return
        at = pa.array(found)
        columns = {name: rows.fields[name].take(at).to_pylist() for name in self.fields}
        records = zip(*columns.values(), strict=True)
        counts = np.diff(verdicts.offsets)
        new = [
            _Kept(
                int(verdicts.icp_hundredths[row]),
                start + row,
                rows.source,
                int(rows.lines[row]),
                int(verdicts.icp[row]),
                int(counts[row]),
                *_kept_of(dict(zip(columns, map(_token, record), strict=True))),
            )
            for row, record in zip(found.tolist(), records, strict=True)
        ]
        self.best = nsmallest(MOST, [*self.best, *new], key=lambda one: one.order)

    def visitors(self, configs: dict[str, IcpConfig]) -> list[TopVisitor]:
        """The best, highest score first, explained; `configs` are the plan's, by slug."""
        whole = [one for one in self.best if one.is_whole]
        explained = {}
        if whole:
            rows = _batch([one.record for one in whole], self.fields)
            lines = [one.line for one in whole]
            found = explain_rows(rows, lines, self.plan, configs, most_matches=MOST_MATCHES)
            explained = {one.place: it.configs for one, it in zip(whole, found, strict=True)}
        names = [ID, *ABOUT]
        texts = {
            name: scalar_texts(pa.array([one.record[name] for one in self.best], pa.string()))
            for name in names
        }
        return [
            TopVisitor(
                id=texts[ID][number].as_py(),
                file=one.file,
                line=one.line,
                icp=self.plan.configs[one.icp].slug,
                icp_score=one.hundredths / 100,
                about={name: texts[name][number].as_py() for name in ABOUT},
                matches=explained.get(one.place, ()),
                more=one.matches - len(explained.get(one.place, ())),
            )
            for number, one in enumerate(self.best)
        ]


def _token(value: Any) -> str | None:
    """The JSON text of a value; a list of pages comes as the texts of its elements."""
    if isinstance(value, list):
        return f"[{','.join('null' if it is None else it for it in value)}]"
    return None if value is None else str(value)


def _kept_of(record: dict[str, str | None]) -> tuple[dict[str, str | None], bool]:
    """The record and True, or of one that is too large what is short enough, and False."""
    if sum(len(token) for token in record.values() if token) <= _LARGEST:
        return record, True
    return {
        name: token if token and len(token) < 1000 else None for name, token in record.items()
    }, False


def _batch(records: list[dict[str, str | None]], names: tuple[str, ...]) -> pa.RecordBatch:
    columns = {name: pa.array([it[name] for it in records], pa.string()) for name in names}
    return pa.RecordBatch.from_pydict(columns)
