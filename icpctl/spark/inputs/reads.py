"""What tasks get, lines, rows of tables or blocks of files, through the reader of one machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
from msgspec import Struct

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.readers.reading import Reader
from icpctl.spark.inputs.blocks import blocks_in
from icpctl.spark.inputs.pieces import pieces
from icpctl.spark.inputs.tables import table_pieces
from icpctl.temporary_folders import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from icpctl.exports.columns.batches import Batch, Rejected
    from icpctl.mappings.mapping import Mapping as RecordMapping
    from icpctl.spark.inputs.blocks import Tasks
    from icpctl.spark.work import File, Place


class Read(Struct, frozen=True):
    """Some records of a block that follow each other.

    A line that is `too_long` comes after them. `lines` is how many there are, of files whose tasks
    do not know the lines' numbers. It is valid only until the next read.
    """

    place: Place
    batches: Iterator[Batch]
    too_long: list[Rejected]
    lines: int


class Reading(Protocol):
    """What tasks know about the files that they read."""

    @property
    def files(self) -> Mapping[int, File]:
        """The files by their numbers."""

    def columns(self, mapping: RecordMapping) -> Columns:
        """Return the columns to read from records with this mapping."""


Reads = Callable[[Iterator[pa.RecordBatch], Reading], Iterator[Read]]
"""A function by which a task reads what Spark passes to it."""


def reads_of_lines(batches: Iterator[pa.RecordBatch], work: Reading) -> Iterator[Read]:
    """Yield what is on lines, in the columns of `pieces`."""
    with task_folder() as folder, task_reader() as reader:
        for piece in pieces(batches, folder):
            file = work.files[piece.file]
            reader.columns = work.columns(file.mapping)
            batches_read = piece.batches(reader, file.name)
            yield Read(
                (piece.file, piece.start), batches_read, piece.too_long(file.name), piece.count
            )


def reads_of_rows(batches: Iterator[pa.RecordBatch], work: Reading) -> Iterator[Read]:
    """Yield what is in the rows of tables, in the columns of `tables`."""
    with task_reader() as reader:
        for piece in table_pieces(batches):
            file = work.files[piece.file]
            reader.columns = work.columns(file.mapping)
            yield Read((piece.file, piece.start), piece.batches(reader, file.name), [], 0)


def reads_of_blocks(tasks: Tasks) -> Reads:
    """Return the reads of blocks of files, which a task finds by its number."""

    def reads(batches: Iterator[pa.RecordBatch], work: Reading) -> Iterator[Read]:
        with task_folder() as folder, task_reader() as reader:
            for block in blocks_in(batches, tasks):
                file = work.files[block.file]
                reader.columns = work.columns(file.mapping)
                place = block.file, block.start
                if block.is_part:
                    piece = block.copied(folder)
                    yield Read(place, piece.batches(reader, file.name), [], piece.count)
                else:
                    yield Read(place, reader.read(block.source), [], 0)

    return reads


@contextmanager
def task_reader() -> Iterator[Reader]:
    """Yield the reader of a task."""
    yield Reader(Columns({}), lines_only=True)


@contextmanager
def task_folder() -> Iterator[Path]:
    """Yield a folder where Spark has its own temporary files, on a disk with room."""
    folder, *_ = os.environ.get("SPARK_LOCAL_DIRS", "").split(",")
    hint = "name another folder of the workers with --spark-conf spark.local.dir=DIR"
    with temporary_folder(Path(folder) if folder else None, hint) as spool:
        yield spool
