"""Spark's tasks of a roll-up that writes visitors: what is counted, and how rows are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct, field

from icpctl.exports.merge_events import types_of, visitors_of
from icpctl.features.rollup.printing import RollUpRun, columns_of_visitors
from icpctl.features.rollup.visitor_files import Shapes, normalised
from icpctl.spark.failures import telling
from icpctl.spark.rollup_tasks import (
    RecordWork,
    column_name,
    rows_without_tally,
    with_field_names,
)
from icpctl.spark.work import TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from icpctl.exports.columns.batches import Batch
    from icpctl.exports.columns.field_columns import Columns
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.spark.failures import Task
    from icpctl.spark.rollup_tasks import RecordTally
    from icpctl.spark.work import Place
    from icpctl.vocabulary import ConditionType


class VisitorTally(Struct):
    """The counts of visitors, whose fields are `names`, and of the blocks with their records."""

    names: tuple[str, ...] = ()
    count: int = 0
    shapes: Shapes = field(default_factory=Shapes)
    blocks: dict[Place, RecordTally] = field(default_factory=dict)

    def columns(self, folded: pa.Table) -> dict[str, pa.Array]:
        """Return the fields of folded visitors as they are written."""
        visitors = normalised(visitors_of(folded, self.names))
        self.count += visitors.num_rows
        self.shapes.see(visitors)
        return dict(zip(map(column_name, self.names), visitors.columns, strict=True))

    def follow(self, other: VisitorTally) -> None:
        """Add the counts of other visitors."""
        self.count += other.count
        self.shapes.follow(other.shapes)
        self.blocks |= other.blocks


@dataclass(frozen=True)
class RollUpWork(RecordWork):
    """Everything that tasks need; `names` are the fields of visitors, some of them `custom`."""

    names: tuple[str, ...]
    custom: dict[str, ConditionType]

    def wanted(self, mapping: RecordMapping) -> Columns:
        """Return the columns of visitors."""
        return columns_of_visitors(mapping, self.names, self.custom)

    def begin(self) -> RollUpRun:
        """Return the counts of no records yet."""
        return RollUpRun()

    def count(self, counts: RollUpRun, batch: Batch) -> None:
        """Count the misfits and rejected lines of a batch."""
        counts.add(batch)

    def folding(self) -> VisitorTally:
        """Return the tally of no visitors yet."""
        return VisitorTally(self.names)

    @property
    def visitor_types(self) -> dict[str, pa.DataType]:
        """The names and types of visitors' fields: JSON texts, of pages lists of them."""
        return {column_name(name): kind for name, kind in types_of(self.names).items()}


def writing_task(shapes: Shapes, *, as_text: bool) -> Task:
    """Return the task that yields visitors as written: columns of `shapes`, or JSON lines."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in map(with_field_names, batches):
            if batch.num_rows and as_text:
                yield rows_without_tally({TEXT: shapes.json_lines(batch)})
            elif batch.num_rows:
                rows = shapes.typed(batch)
                yield rows_without_tally(dict(zip(rows.schema.names, rows.columns, strict=True)))

    return task
