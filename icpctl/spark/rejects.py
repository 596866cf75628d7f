"""Rejected lines in a folder: only the blocks that have some are read again."""

from __future__ import annotations

from collections import ChainMap
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from msgspec.structs import replace

from icpctl.spark.failures import telling
from icpctl.spark.tasks import packed
from icpctl.spark.work import TALLY, TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.frames import Frames
    from icpctl.spark.inputs.reads import Reading, Reads
    from icpctl.spark.jobs import Jobs
    from icpctl.spark.work import Place

Counts = tuple[int, int]
"""How many lines a block has, where those of a file are not known, and how many are rejected."""


def write_rejects(
    jobs: Jobs,
    frames: Frames,
    work: Reading,
    counts: Mapping[Place, Counts],
    lines_before: Mapping[Place, int],
    folder: str,
) -> None:
    """Write the rejected lines of blocks, with the counts from before, and their true numbers.

    `lines_before` says how many lines of its file precede a block. Raises `IcpctlError` if a
    file changed.
    """
    first = {place: counted for place, counted in counts.items() if counted[1]}
    tallies = jobs.tallies()
    task_of = partial(_rejecting_task, work, lines_before, tallies)
    again = frames.only(first).worked_on(work, {TEXT: pa.string()}, task_of)
    jobs.describe(f"write the rejected lines of {frames.words}")
    frames.require_same(first, ChainMap(*jobs.write(again, frames.size, folder, "jsonl", tallies)))


def _rejecting_task(
    work: Reading, lines_before: Mapping[Place, int], tallies: Any, reads: Reads
) -> Task:
    """Return the task that yields rejected lines as JSON, and adds each block's `Counts`."""

    @telling
    def task(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counts: dict[Place, Counts] = {}
        for read in reads(batches, work):
            rejected_lines = [
                line for batch in read.batches for line in batch.rejected
            ] + read.too_long
            lines, rejected = counts.get(read.place, (0, 0))
            counts[read.place] = lines + read.lines, rejected + len(rejected_lines)
            before = lines_before.get(read.place, 0)
            texts = [replace(line, line=line.line + before).as_json() for line in rejected_lines]
            if texts:
                yield pa.RecordBatch.from_pydict(
                    {
                        TEXT: pa.array(texts, pa.string()),
                        TALLY: pa.nulls(len(texts), pa.binary()),
                    }
                )
        tallies.add([packed(counts)])

    return task
