"""What Spark's tasks are told to do, and the names and types of what they give."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpctl.errors import IcpctlError, Location
from icpctl.output.verdict_rows import Form, Layout, plain_types
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import columns_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.columns import Columns
    from icpctl.features.insight.counting import InsightCounts
    from icpctl.features.insight.watched_conditions import Question
    from icpctl.features.stats.counting import StatsCounts
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options

TALLY, TEXT = "tally", "value"
"""Columns of what a task gives: what it counted, in its last row alone, and a line of text."""

Place = tuple[int, int]
"""A block: the number of its file, and where in the file it starts."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is read: its name for people, and the mapping of its records."""

    name: str
    mapping: RecordMapping


@dataclass(frozen=True, slots=True)
class Work:
    """Everything that tasks need: it is shipped with the function that they call.

    `key` tells it from other work. Rows are given in `form`, if at all. `lines_before` says of
    each block how many lines of its file go before it, where that matters; blocks that it lacks
    begin their file. `stats`, which has counted nothing, says what is counted besides. So does
    `parts`: the parts of pages to look for, by question; with none of them, what else insight
    counts. `tallies` get what the tasks of a job that writes counted.
    """

    key: str
    configs: tuple[tuple[str, IcpConfig], ...]
    options: Options
    files: Mapping[int, File]
    layout: Layout = field(default_factory=Layout)
    form: Form | None = None
    lines_before: Mapping[Place, int] = field(default_factory=dict)
    stats: StatsCounts | None = None
    parts: Mapping[int, Sequence[str]] | None = None
    tallies: Any = None

    def plan(self) -> Plan:
        """The configs' plan."""
        return self._planned()[0]

    def insight(self) -> InsightCounts:
        """Nothing counted yet of what insight counts, where there are `parts`."""
        from icpctl.features.insight.counting import InsightCounts
        from icpctl.features.insight.watching import Watch

        plan, questions = self._planned()
        return InsightCounts(plan, Watch(questions, plan, self.parts))

    def _planned(self) -> tuple[Plan, list[Question]]:
        """The plan, and what insight asks; made once in a process."""
        if self.key not in _plans:
            options = self.options
            if self.parts is None:
                plan = make_plan(
                    self.configs,
                    as_of=options.as_of,
                    case_sensitive=options.case_sensitive,
                    tiers=options.tiers,
                )
                _plans[self.key] = plan, []
            else:
                from icpctl.features.insight.counting import asked

                _plans[self.key] = asked(self.configs, options, changes=not self.parts)
            while len(_plans) > _MOST_PLANS:
                _plans.popitem(last=False)
        return _plans[self.key]

    def columns(self, mapping: RecordMapping) -> Columns:
        """What is read of records."""
        return columns_of(self.plan(), mapping, self.options)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """The names and types of what a task gives, besides `TALLY`."""
        if self.form is None:
            return {}
        if self.form == "jsonl":
            return {TEXT: pa.string()}
        return plain_types(self.layout, lists=self.form == "parquet")


def refuse_events(mapping: RecordMapping, where: Location | None) -> None:
    """Raise `IcpctlError` `not_on_spark` for a mapping whose records are rolled up."""
    if mapping.by:
        raise IcpctlError(
            f"these records are {mapping.title}, to be rolled up to visitors first",
            "not_on_spark",
            where,
            "icpctl rollup EXPORT --engine spark --out visitors.parquet makes visitors of them, "
            "which Spark then scores",
        )


_MOST_PLANS = 4
_plans: OrderedDict[str, tuple[Plan, list[Question]]] = OrderedDict()
