"""Inputs as DataFrames: the lines of files exactly as they are, and the rows of tables."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError
from icpctl.exports.columns.field_columns import FieldColumns
from icpctl.exports.files.streams import changed
from icpctl.exports.readers.tables import ColumnNames
from icpctl.spark.inputs.blocks import COUNT, line_count_task, tasks_of
from icpctl.spark.inputs.pieces import FILE, LINE, START
from icpctl.spark.inputs.reads import reads_of_blocks, reads_of_lines, reads_of_rows
from icpctl.spark.inputs.tables import RECORD, ROW
from icpctl.spark.work import TALLY
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import (
        Callable,
        Collection,
        Container,
        Iterable,
        Iterator,
        Mapping,
        Sequence,
    )

    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import StructType

    from icpctl.spark.failures import Task
    from icpctl.spark.inputs.blocks import Tasks
    from icpctl.spark.inputs.inputs import Input
    from icpctl.spark.inputs.reads import Reading, Reads
    from icpctl.spark.work import Place

T = TypeVar("T")

_BLOCK, _FEWEST = "spark.sql.files.maxPartitionBytes", "spark.sql.files.minPartitionNum"

_MAX_SENT = MAX_LINE_BYTES + 1024
"""The most bytes of a line that a task receives; a longer line, without its end, is rejected."""


class Frames(Struct, frozen=True, dict=True):
    """The DataFrames over some inputs; `numbers` are those of `inputs`, in their order.

    If `blocks` are given, only these are read.
    """

    spark: SparkSession
    inputs: Sequence[Input]
    numbers: Sequence[int]
    blocks: frozenset[Place] | None = None

    @classmethod
    def of(cls, spark: SparkSession, inputs: Sequence[Input]) -> Frames:
        """Return the frames over these inputs."""
        from pyspark.sql import functions as f

        hashed: Iterator[int] = iter(())
        if elsewhere := [file.uri for file in inputs if not file.is_on_disk]:
            uris = spark.createDataFrame(pa.table({"uri": pa.array(elsewhere, pa.string())}))
            hashed = iter(row[0] for row in uris.select(f.xxhash64("uri")).collect())
        numbers = [at if file.is_on_disk else next(hashed) for at, file in enumerate(inputs)]
        if len(set(numbers)) < len(numbers):
            raise IcpctlError(
                "two files have the same number", hint="score some of them by themselves"
            )
        return cls(spark, inputs, numbers)

    def only(self, blocks: Collection[Place]) -> Frames:
        """Return frames with these blocks alone; other files are not read."""
        frames = self.of_files({file for file, _ in blocks})
        return replace(frames, blocks=frozenset(blocks))

    def of_files(self, files: Container[int]) -> Frames:
        """Return frames with the files of these numbers alone."""
        kept = [pair for pair in zip(self.inputs, self.numbers, strict=True) if pair[1] in files]
        inputs, numbers = [file for file, _ in kept], [number for _, number in kept]
        return Frames(self.spark, inputs, numbers, self.blocks)

    def worked_on(
        self, work: Reading, types: Mapping[str, pa.DataType], task_of: Callable[[Reads], Task]
    ) -> DataFrame:
        """Return what the tasks that read for `work` yield: rows of `types`, and their tallies."""
        schema = schema_of({**types, TALLY: pa.binary()})
        read: list[tuple[DataFrame, Reads]] = []
        if tasks := self._tasks():
            read.append((self._numbers(tasks), reads_of_blocks(tasks)))
        if self._line_files:
            read.append((self._lines(self._line_files), reads_of_lines))
        if self._tables:
            read.append((self._rows(work), reads_of_rows))
        given = [frame.mapInArrow(task_of(reads), schema) for frame, reads in read]
        if not given:
            return self.spark.createDataFrame([], schema)
        return reduce(lambda first, other: first.unionAll(other), given)

    def line_counts(self) -> dict[Place, int]:
        """Return the number of lines of each block of files that are large enough to be split."""
        counted = []
        if tasks := self._tasks():
            schema = schema_of(dict.fromkeys((FILE, START, COUNT), pa.int64()))
            counted.append(self._numbers(tasks).mapInArrow(line_count_task(tasks), schema))
        files = [
            file
            for file in self._line_files
            if file.source.size > self._conf.filesOpenCostInBytes() and not file.source.compression
        ]
        if files:
            counted.append(self._lines(files).groupBy(FILE, START).count())
        return {(row[0], row[1]): row[2] for frame in counted for row in frame.collect()}

    def _tasks(self) -> Tasks:
        """Return the blocks of the files on disks, by task."""
        files = [
            (number, file.source)
            for number, file in zip(self.numbers, self.inputs, strict=True)
            if file.is_on_disk
        ]
        conf = self._conf
        tasks = tasks_of(files, conf.filesMaxPartitionBytes(), conf.filesOpenCostInBytes())
        if self.blocks is None:
            return tasks
        kept = (
            tuple(block for block in task if (block.file, block.start) in self.blocks)
            for task in tasks
        )
        return tuple(filter(None, kept))

    def _numbers(self, tasks: Tasks) -> DataFrame:
        return self.spark.range(0, len(tasks), 1, len(tasks))

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(file.source.size for file in self.inputs)

    @property
    def words(self) -> str:
        """What is read, in words for users."""
        count = len(self.inputs)
        return f"{count:,} file{'s' if count != 1 else ''} ({self.size / 1e6:,.0f} MB)"

    def in_order(self, blocks: Mapping[Place, T]) -> list[tuple[Place, T]]:
        """Return blocks in the order of the inputs."""
        position = {number: at for at, number in enumerate(self.numbers)}
        return sorted(blocks.items(), key=lambda item: (position[item[0][0]], item[0][1]))

    def require_same(self, first: Mapping[Place, object], later: Mapping[Place, object]) -> None:
        """Raise `IcpctlError` if blocks of a file changed before they were read again."""
        differ = {
            place[0]
            for place in first.keys() | later.keys()
            if first.get(place) != later.get(place)
        }
        for number, file in zip(self.numbers, self.inputs, strict=True):
            if number in differ:
                raise changed(file.source.name)

    @cached_property
    def _line_files(self) -> list[Input]:
        return [
            file for file in self.inputs if not file.is_on_disk and file.source.format == "json"
        ]

    @cached_property
    def _tables(self) -> list[Input]:
        return [
            file for file in self.inputs if not file.is_on_disk and file.source.format == "parquet"
        ]

    def _lines(self, files: Sequence[Input]) -> DataFrame:
        from pyspark.sql import functions as f

        # As text Spark takes lines apart and changes no byte of them; with a separator of its
        # own it leaves carriage returns alone.
        text = self.spark.read.format("text").option("lineSep", "\n")
        frame = text.load([file.pattern for file in files])
        self._require_all(frame, files)
        line = f.col("value").cast("binary")
        sent = f.when(f.octet_length(line) <= _MAX_SENT, f.concat(line, f.lit(b"\n")))
        return self._of_blocks(frame, sent.alias(LINE))

    def _rows(self, work: Reading) -> DataFrame:
        from pyspark.sql import functions as f

        parquet = self.spark.read.option("mergeSchema", "true")
        frame = parquet.parquet(*(file.pattern for file in self._tables))
        self._require_all(frame, self._tables)
        names = columns_needed(work, frame.columns)
        record = f.struct(*(f.col(quoted(name)) for name in names)).alias(RECORD)
        return self._of_blocks(frame, record, f.col("_metadata.row_index").alias(ROW))

    def _of_blocks(self, frame: DataFrame, *columns: Column) -> DataFrame:
        """Return these columns, with the file and block of each row, for the blocks to be read."""
        from pyspark.sql import functions as f

        file = f.xxhash64("_metadata.file_path").alias(FILE)
        frame = frame.select(*columns, file, f.col("_metadata.file_block_start").alias(START))
        if self.blocks is None:
            return frame
        return frame.where(f.xxhash64(FILE, START).isin(self._hashes()))

    def _hashes(self) -> list[int]:
        from pyspark.sql import functions as f

        places = sorted(self.blocks or ())
        table = pa.table([[p[0] for p in places], [p[1] for p in places]], names=[FILE, START])
        table = table.cast(pa.schema([(FILE, pa.int64()), (START, pa.int64())]))
        return [
            row[0]
            for row in self.spark.createDataFrame(table).select(f.xxhash64(FILE, START)).collect()
        ]

    def _require_all(self, frame: DataFrame, files: Sequence[Input]) -> None:
        """Raise `IcpctlError` if Spark would leave a file out, for example for its name."""
        read = len(frame.inputFiles())
        expected = sum(bool(file.source.size) for file in files)
        if read < expected:
            raise IcpctlError(
                f"Spark leaves {expected - read} of {len(files)} files out",
                "unreadable",
                hint="it does so where names begin with _ or a dot: rename them",
            )

    @property
    def _conf(self) -> Any:
        return self.spark._jsparkSession.sessionState().conf()

    @contextmanager
    def fixed_blocks(self) -> Iterator[None]:
        """Keep blocks the same each time files are read, whichever workers are available."""
        conf = self._conf
        sizes = [file.source.size + conf.filesOpenCostInBytes() for file in self.inputs]
        parallel = max(self.spark.sparkContext.defaultParallelism, 1)
        least = max(conf.filesOpenCostInBytes(), sum(sizes) // parallel)
        block = min(conf.filesMaxPartitionBytes(), least)
        fixed = {_BLOCK: str(block), _FEWEST: "1"}
        before: dict[str, str | None] = {name: self.spark.conf.get(name, None) for name in fixed}
        for name, value in fixed.items():
            self.spark.conf.set(name, value)
        try:
            yield
        finally:
            for name, was in before.items():
                if was is None:
                    self.spark.conf.unset(name)
                else:
                    self.spark.conf.set(name, was)


def lines_before(lines: Iterable[tuple[Place, int]]) -> dict[Place, int]:
    """Return how many lines of its file precede each block, from `lines` in the file's order.

    Blocks that begin their file are left out.
    """
    before: dict[Place, int] = {}
    so_far: Counter[int] = Counter()
    for place, count in lines:
        if so_far[place[0]]:
            before[place] = so_far[place[0]]
        so_far[place[0]] += count
    return before


def columns_needed(work: Reading, names: Sequence[str]) -> list[str]:
    """Return the names of a table's columns that are read, at least one."""
    known = ColumnNames(names)
    wanted: set[str] = set()
    for file in work.files.values():
        fields = FieldColumns.of(work.columns(file.mapping), is_table=True)
        wanted.update(name for entry in fields.wanted for name, _ in known.places(entry.path))
    return [name for name in names if name in wanted] or list(names[:1])


def quoted(name: str) -> str:
    """Return a column's name in backquotes, which make a dot literal."""
    return f"`{name.replace('`', '``')}`"


def schema_of(types: Mapping[str, pa.DataType]) -> StructType:
    """Return the Spark schema of columns with these Arrow types."""
    from pyspark.sql.pandas.types import from_arrow_type
    from pyspark.sql.types import StructType

    schema = StructType()
    for name, kind in types.items():
        schema.add(name, from_arrow_type(kind))
    return schema
