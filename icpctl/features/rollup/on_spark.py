"""A roll-up on Spark: one machine's counts, and visitors in a folder that Spark commits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from icpctl.exports.visitor_scan import visitor_groups
from icpctl.features.rollup.printing import RollUpRun, names_of, suffix_of
from icpctl.features.rollup.spark_tasks import RollUpWork, VisitorTally, writing_task
from icpctl.output.layout import FORMS
from icpctl.spark.inputs.frames import Frames, lines_before, schema_of
from icpctl.spark.inputs.inputs import find_inputs
from icpctl.spark.jobs import Jobs
from icpctl.spark.rejects import write_rejects
from icpctl.spark.rollup import require_keys, rolled_up
from icpctl.spark.session import session
from icpctl.spark.work import TALLY, TEXT, File
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.exports.format_detection import Mapped
    from icpctl.features.rollup.printing import How
    from icpctl.features.rollup.visitor_files import Shapes
    from icpctl.spark.session import Cluster


def roll_up_on(
    cluster: Cluster, visitors: Sequence[str], how: How, out: str, rejects: str | None
) -> RollUpRun:
    """Start Spark and call `roll_up`. Raises `IcpctlError` for every failure."""
    suffix_of(out)
    with session(cluster, "icpctl rollup") as spark:
        return roll_up(spark, visitors, how, out, rejects)


def roll_up(
    spark: SparkSession, visitors: Sequence[str], how: How, out: str, rejects: str | None = None
) -> RollUpRun:
    """Roll records up into the folder `out`, and write those that are rejected into `rejects`.

    The folders appear after everything has been read, and remain only if everything succeeds.
    Raises `IcpctlError`: `unknown_format`, `not_written` if a folder exists already, `no_key`,
    and what reading raises; Spark's own errors pass.
    """
    started = time.perf_counter()
    form = FORMS[suffix_of(out)]
    jobs = Jobs(spark)
    visitors_to, rejects_to = jobs.new_folders(out, rejects)
    jobs.describe("look at the first records of each file")
    with temporary_folder(how.temp_dir) as spool:
        run = RollUpRun()
        inputs = find_inputs(spark, visitors, spool, run.skipped)
        sources = [entry.source for entry in inputs]
        run.mapped = how.mapped(sources)
        frames = Frames.of(spark, inputs)
        work = _work(frames.numbers, run.mapped, how)
        with frames.fixed_blocks(), jobs.all_or_nothing(), rolled_up(frames, work) as folded:
            jobs.describe(f"roll up {frames.words}")
            tally = VisitorTally()
            for tallied in jobs.run(folded, frames.size):
                tally.follow(tallied)
            # One machine reads the files of a mapping one after another.
            blocks = sorted(frames.in_order(tally.blocks), key=lambda item: work.groups[item[0][0]])
            before = lines_before((place, block.lines) for place, block in blocks)
            for place, block in blocks:
                run.follow(block.counts, before.get(place, 0))
                run.records += block.records
                run.without_key += block.without_key
            require_keys(tally.blocks, work.groups, run.mapped, sources, how.by)
            jobs.describe(f"write {tally.count:,} visitors")
            typed = _written(folded, tally.shapes, form)
            jobs.write(typed, frames.size, cast("str", visitors_to), form, jobs.tallies())
            if rejects_to is not None:
                rejected = {place: (block.lines, block.counts.rejected) for place, block in blocks}
                write_rejects(jobs, frames, work, rejected, before, rejects_to)
    run.visitors, run.seconds = tally.count, time.perf_counter() - started
    return run


def _work(numbers: Sequence[int], mapped: Sequence[Mapped], how: How) -> RollUpWork:
    mappings = [file.mapping for file in mapped]
    files = [File(file.source, file.mapping) for file in mapped]
    return RollUpWork(
        dict(zip(numbers, files, strict=True)),
        {number: at for at, number in enumerate(numbers)},
        {
            numbers[member]: group.members[0]
            for group in visitor_groups(mappings, how.by)
            for member in group.members
        },
        how.by,
        tuple(names_of(mappings, how.custom)),
        how.custom,
    )


def _written(folded: DataFrame, shapes: Shapes, form: str) -> DataFrame:
    from pyspark.sql import functions as f

    is_text = form == "jsonl"
    types = (
        {TEXT: pa.string()}
        if is_text
        else dict(zip(shapes.schema.names, shapes.schema.types, strict=True))
    )
    visitors = folded.where(f.col(TALLY).isNull()).drop(TALLY)
    schema = schema_of({**types, TALLY: pa.binary()})
    return visitors.mapInArrow(writing_task(shapes, as_text=is_text), schema)
