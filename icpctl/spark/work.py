"""The work of Spark's tasks, and the names and types of the columns that they yield."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from msgspec import Struct, field

from icpctl.output.layout import Form, Layout
from icpctl.output.verdict_rows import plain_types
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import columns_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.columns.field_columns import Columns
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Watch

    _Prepared = tuple[Plan, Callable[[], "TaskCounting"] | None]

TALLY, TEXT = "tally", "value"
"""Columns of a task's rows: its tally, in the last row alone, and a line of text."""

Place = tuple[int, int]
"""A block: the number of its file, and where in the file it starts."""


class File(Struct, frozen=True):
    """A file that is read: its name for users, and the mapping of its records."""

    name: str
    mapping: RecordMapping


class BlockCounts(Protocol):
    """What a feature counts in the rows of each block, besides what a run counts."""

    def add(self, rows: Rows) -> None:
        """Count the rows of a batch."""


class TaskCounts(Protocol):
    """What a feature counts of all blocks of a task."""

    def merge(self, later: Any) -> None:
        """Add what another task counted."""


class TaskCounting(Protocol):
    """What a task does with each batch for a feature, and where it counts."""

    @property
    def watch(self) -> Watch:
        """What looks at each batch."""

    @property
    def counts(self) -> TaskCounts:
        """What is counted so far."""


class Inquiry(Protocol):
    """What a feature asks of all visitors; it is shipped with the work."""

    def prepare(
        self, configs: Sequence[tuple[str, IcpConfig]], options: Options
    ) -> tuple[Plan, Callable[[], TaskCounting]]:
        """Return the configs' plan with all that is asked, and what gives counts of nothing yet.

        It is called once in a process.
        """


class Work(Struct, frozen=True):
    """Everything that tasks need, shipped with the function that they call.

    `key` tells it from other work. Rows are given in `form`, or not given. `lines_before` says of
    each block how many lines of its file precede it, if that matters; blocks that it lacks
    begin their file. Copies of `block_counts`, which has counted nothing, count each block; the
    `inquiry` says what is counted of all blocks of a task. `tallies` get what the tasks of a job
    that writes counted.
    """

    key: str
    configs: tuple[tuple[str, IcpConfig], ...]
    options: Options
    files: Mapping[int, File]
    layout: Layout = field(default_factory=Layout)
    form: Form | None = None
    lines_before: Mapping[Place, int] = field(default_factory=dict)
    block_counts: BlockCounts | None = None
    inquiry: Inquiry | None = None
    tallies: Any = None

    def plan(self) -> Plan:
        """Return the configs' plan."""
        return self._prepared()[0]

    def begin(self) -> TaskCounting | None:
        """Return what counts for the inquiry in a task; None where there is none."""
        _, begin = self._prepared()
        return begin() if begin else None

    def _prepared(self) -> _Prepared:
        """Return the plan, made once in a process."""
        if self.key not in _prepared:
            _prepared[self.key] = self._prepare()
            while len(_prepared) > _MOST_PLANS:
                _prepared.popitem(last=False)
        return _prepared[self.key]

    def _prepare(self) -> _Prepared:
        options = self.options
        if self.inquiry:
            return self.inquiry.prepare(self.configs, options)
        plan = make_plan(
            self.configs,
            as_of=options.as_of,
            case_sensitive=options.case_sensitive,
            tiers=options.tiers,
        )
        return plan, None

    def columns(self, mapping: RecordMapping) -> Columns:
        """Return what is read of records."""
        return columns_of(self.plan(), mapping, self.options)

    @property
    def types(self) -> dict[str, pa.DataType]:
        """The names and types of what a task gives, besides `TALLY`."""
        if self.form is None:
            return {}
        if self.form == "jsonl":
            return {TEXT: pa.string()}
        return plain_types(self.layout, lists=self.form == "parquet")


_MOST_PLANS = 4
_prepared: OrderedDict[str, _Prepared] = OrderedDict()
