"""Inputs as DataFrames: the lines of files exactly as they are, and the rows of tables."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpctl.errors import IcpctlError
from icpctl.spark.pieces import FILE, LINE, START
from icpctl.spark.tables import RECORD, ROW
from icpctl.spark.tasks import counting_task
from icpctl.spark.work import TALLY
from icpctl.visitors.records import MAX_LINE_BYTES
from icpctl.visitors.tables import places

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pyspark.sql import Column, DataFrame, SparkSession
    from pyspark.sql.types import DataType, StructType

    from icpctl.spark.inputs import Input
    from icpctl.spark.work import Place, Work

_BLOCK, _FEWEST = "spark.sql.files.maxPartitionBytes", "spark.sql.files.minPartitionNum"

_MAX_SENT = MAX_LINE_BYTES + 1024
"""Bytes of a line that a task gets to see: what is over the limit, line ends aside, is a reject."""


@dataclass(frozen=True)
class Frames:
    """The DataFrames over some inputs; `numbers` are those of `inputs`, in their order.

    With `blocks` only these are read.
    """

    spark: SparkSession
    inputs: Sequence[Input]
    numbers: Sequence[int]
    blocks: frozenset[Place] | None = None

    @classmethod
    def of(cls, spark: SparkSession, inputs: Sequence[Input]) -> Frames:
        """The frames over these inputs."""
        from pyspark.sql import functions as f

        uris = pa.table({"uri": pa.array([it.uri for it in inputs], pa.string())})
        hashed = spark.createDataFrame(uris).select(f.xxhash64("uri")).collect()
        numbers = [row[0] for row in hashed]
        if len(set(numbers)) < len(numbers):
            raise IcpctlError("two files have one number", hint="score some of them by themselves")
        return cls(spark, inputs, numbers)

    def only(self, blocks: Collection[Place]) -> Frames:
        """The same with these blocks alone; of other files nothing is read."""
        files = {file for file, _ in blocks}
        kept = [it for it in zip(self.inputs, self.numbers, strict=True) if it[1] in files]
        inputs, numbers = [it for it, _ in kept], [number for _, number in kept]
        return Frames(self.spark, inputs, numbers, frozenset(blocks))

    def worked_on(self, work: Work) -> DataFrame:
        """What the tasks give that do `work`: rows, and what they counted in `TALLY`."""
        schema = _schema(work)
        found = []
        if self._line_files:
            lines = self._lines(self._line_files)
            found.append(lines.mapInArrow(counting_task(work, on_lines=True), schema))
        if self._tables:
            found.append(self._rows(work).mapInArrow(counting_task(work, on_lines=False), schema))
        if not found:
            return self.spark.createDataFrame([], schema)
        return reduce(lambda one, other: one.unionAll(other), found)

    def line_counts(self) -> dict[Place, int]:
        """How many lines each block has, of the files that are large enough to be split."""
        files = [
            it
            for it in self._line_files
            if it.source.size > self._conf.filesOpenCostInBytes() and not it.source.compression
        ]
        if not files:
            return {}
        counts = self._lines(files).groupBy(FILE, START).count().collect()
        return {(row[0], row[1]): row[2] for row in counts}

    @cached_property
    def _line_files(self) -> list[Input]:
        return [it for it in self.inputs if it.source.format == "json"]

    @cached_property
    def _tables(self) -> list[Input]:
        return [it for it in self.inputs if it.source.format == "parquet"]

    def _lines(self, files: Sequence[Input]) -> DataFrame:
        from pyspark.sql import functions as f

        # As text Spark takes lines apart and changes no byte of them; with a separator of its
        # own it leaves carriage returns alone.
        text = self.spark.read.format("text").option("lineSep", "\n")
        frame = text.load([it.pattern for it in files])
        self._require_all(frame, files)
        line = f.col("value").cast("binary")
        sent = f.when(f.octet_length(line) <= _MAX_SENT, f.concat(line, f.lit(b"\n")))
        return self._of_blocks(frame, sent.alias(LINE))

    def _rows(self, work: Work) -> DataFrame:
        from pyspark.sql import functions as f

        parquet = self.spark.read.option("mergeSchema", "true")
        frame = parquet.parquet(*(it.pattern for it in self._tables))
        self._require_all(frame, self._tables)
        names = columns_needed(work, frame.columns)
        record = f.struct(*(f.col(quoted(name)) for name in names)).alias(RECORD)
        return self._of_blocks(frame, record, f.col("_metadata.row_index").alias(ROW))

    def _of_blocks(self, frame: DataFrame, *columns: Column) -> DataFrame:
        """These columns, with the file and block of each row, where the block is to be read."""
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
        """Raise `IcpctlError` where Spark would leave a file out, be it for its name."""
        read = len(frame.inputFiles())
        expected = sum(bool(it.source.size) for it in files)
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
        """Blocks are the same whenever files are read, whatever workers there are just then."""
        conf = self._conf
        sizes = [it.source.size + conf.filesOpenCostInBytes() for it in self.inputs]
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


def columns_needed(work: Work, names: Sequence[str]) -> list[str]:
    """The columns of a table that are looked at, by their names; one where there are none."""
    plan = work.plan()
    wanted: set[str] = set()
    for file in work.files.values():
        found = places(work.columns(plan, file.mapping), names)
        wanted |= {name for its in found.values() for it in its for name in it.columns}
    return [name for name in names if name in wanted] or list(names[:1])


def quoted(name: str) -> str:
    """A column's name in backquotes, in which a dot means nothing."""
    return f"`{name.replace('`', '``')}`"


def _schema(work: Work) -> StructType:
    from pyspark.sql.types import BinaryType, StructType

    schema = StructType()
    for name, kind in work.types.items():
        schema.add(name, spark_type(kind))
    return schema.add(TALLY, BinaryType())


def spark_type(kind: pa.DataType) -> DataType:
    """The type of Spark for one of Arrow."""
    from pyspark.sql.pandas.types import from_arrow_type

    found: DataType = from_arrow_type(kind)
    return found
