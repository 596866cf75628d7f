"""Records -> visitors on Spark, a shuffle that brings the records of each visitor together."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from icpctl.exports.merge_events import KEY, MICROS, PERSON, VISITOR, own_key
from icpctl.exports.rollup import no_key
from icpctl.spark.inputs.frames import quoted, schema_of
from icpctl.spark.rollup_tasks import PLACE, folding_task, reading_task
from icpctl.spark.session import apart
from icpctl.spark.work import TALLY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame

    from icpctl.exports.files.sources import Source
    from icpctl.exports.format_detection import Mapped
    from icpctl.exports.visitor_keys import By
    from icpctl.spark.inputs.frames import Frames
    from icpctl.spark.rollup_tasks import RecordTally, RecordWork
    from icpctl.spark.work import Place

_LATEST, _OF_PERSON = "latest_key", "of_person"
"""Columns of a person's latest key."""

_FIRST = "first_place"
"""The column of the place of a visitor's first record."""


@contextmanager
def rolled_up(frames: Frames, work: RecordWork) -> Iterator[DataFrame]:
    """Yield visitors and their tallies, which workers keep on their disks during the block.

    Each visitor has the `PLACE` of its first record, if `work` keeps it.
    """
    from pyspark import StorageLevel

    types = {**PLACE, **work.kept_types}
    records = frames.worked_on(work, types, partial(reading_task, work))
    if work.by and any(own_key(file.mapping) for file in work.files.values()):
        records = _with_persons(records)
    together = records.drop(PERSON).repartition(VISITOR)
    is_placed = work.visitor_types.keys() >= PLACE.keys()
    ordered = _with_first_places(together) if is_placed else _in_order(together).drop(*PLACE)
    schema = schema_of({**work.visitor_types, TALLY: pa.binary()})
    visitors = ordered.mapInArrow(folding_task(work), schema)
    visitors.persist(StorageLevel.DISK_ONLY)
    try:
        yield visitors
    finally:
        apart(visitors.unpersist)


def require_keys(
    records: Mapping[Place, RecordTally],
    groups: Mapping[int, int],
    mapped: Sequence[Mapped],
    sources: Sequence[Source],
    by: By,
) -> None:
    """Raise `IcpctlError` `no_key` where of files with the same visitors no record has a key."""
    has_key: dict[int, bool] = {}
    for place, tally in records.items():
        if tally.records:
            group = groups[place[0]]
            has_key[group] = has_key.get(group, False) or bool(tally.with_key)
    for group in sorted(group for group, is_there in has_key.items() if not is_there):
        raise no_key(mapped[group].mapping, sources[group], by)


def _in_order(records: DataFrame) -> DataFrame:
    return records.sortWithinPartitions(VISITOR, MICROS, *PLACE)


def _with_first_places(records: DataFrame) -> DataFrame:
    """Return records in order, each with the place of its visitor's first one for its own."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    of_visitor = Window.partitionBy(VISITOR)
    first = f.min(f.struct(*PLACE)).over(of_visitor).alias(_FIRST)
    others = [f.col(quoted(name)) for name in records.columns if name not in PLACE]
    places = [f.col(f"{_FIRST}.{name}").alias(name) for name in PLACE]
    return _in_order(records.select("*", first)).select(*places, *others)


def _with_persons(records: DataFrame) -> DataFrame:
    """Give records without a key that of the others of their person, the latest, else the person.

    As `rollup.py` does on one machine.
    """
    from pyspark.sql import functions as f

    key, person, latest = f.col(KEY), f.col(PERSON), f.col(_LATEST)
    time = f.coalesce(f.col(MICROS), f.lit(-(2**63) + 1))
    known = records.where(person.isNotNull() & key.isNotNull())
    newest = f.max_by(KEY, f.struct(time, *PLACE)).alias(_LATEST)
    persons = known.groupBy(person.alias(_OF_PERSON)).agg(newest)
    joined = records.join(persons, person == f.col(_OF_PERSON), "left")
    of_company = [f.concat(f.lit("k"), known_key) for known_key in (key, latest)]
    visitor = f.coalesce(*of_company, f.concat(f.lit("p"), person), f.col(VISITOR))
    own = f.expr(f"substr({PERSON}, instr({PERSON}, ' ') + 1)")
    changed = {VISITOR: visitor, KEY: f.coalesce(key, latest, own)}
    return joined.withColumns(changed).select(*map(quoted, records.columns))
