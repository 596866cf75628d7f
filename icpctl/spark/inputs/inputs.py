"""Which files Spark is to read: one machine's rules, on disks and in Spark's file systems."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.file_search import COMPRESSIONS, is_export_name, is_hidden
from icpctl.exports.files.sources import STDIN, Source, as_source, find_exports
from icpctl.exports.readers.reading import line_blocks
from icpctl.spark.inputs.file_systems import FileSystems
from icpctl.values.json_records import MAX_LINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession

_GLOB = re.compile(r"[\\\[\]{}*?]")
_SUFFIXES = {compression: suffix for suffix, compression in COMPRESSIONS.items()}
_COMPRESSED = (*COMPRESSIONS, ".bz2", ".lz4", ".snappy", ".deflate")
_HEAD_BYTES = 1 << 20
_HEAD_LINES = 200
_AT_ONCE = 16


class Input(Struct, frozen=True):
    """A file that is to be read.

    `source` has its name for users, its size and its format; at the source's path is the file,
    where that is on disks that workers share, or at least the first records. Else `path` is the
    file for Spark, and `uri` how Spark tells that a row is of it.
    """

    source: Source
    path: str | None = None
    uri: str | None = None

    @property
    def is_on_disk(self) -> bool:
        """Whether tasks read the file themselves, without Spark."""
        return self.path is None

    @property
    def pattern(self) -> str:
        """The path as a pattern that matches only this path."""
        return _pattern_of(self.path or "")


def _pattern_of(path: str) -> str:
    return _GLOB.sub(r"\\\g<0>", path)


def find_inputs(
    spark: SparkSession, visitors: Sequence[str], spool: Path, skipped: list[str] | None = None
) -> list[Input]:
    """Return the files that `visitors` (files, globs, folders) name, each once, in order.

    `skipped` gets the names of files in folders on disks that are not exports by their names.
    The first records of files elsewhere than on this machine's disks go to the folder `spool`.
    Raises `IcpctlError` if a path does not exist, or if Spark would read a file differently
    from one machine.
    """
    files = _Files(spark, spool, [] if skipped is None else skipped)
    inputs: dict[str | Path, Input] = {}
    for name in visitors:
        if name == STDIN:
            raise IcpctlError(
                "Spark reads files, not stdin", "bad_usage", hint="write it to a file first"
            )
        for named in files.named(name):
            inputs.setdefault(named.uri or named.source.path.resolve(), named)
    return list(inputs.values())


def _refuse(source: Source) -> None:
    """Raise `IcpctlError` if Spark cannot read a file, or reads it differently from one machine."""
    where = Location(source.name)
    if source.format in ("csv", "workbook"):
        raise IcpctlError(
            "Spark reads JSON lines and Parquet; this is CSV",
            "unreadable",
            where,
            "score it without --engine spark, or make Parquet of it first",
        )
    if source.format == "parquet":
        return
    suffix = _SUFFIXES.get(source.compression or "")
    named = next((suffix for suffix in _COMPRESSED if source.name.lower().endswith(suffix)), None)
    if suffix and not source.name.endswith(suffix):
        raise IcpctlError(
            f"this is compressed ({source.compression}), and its name does not say so to Spark",
            "unreadable",
            where,
            f"let its name end in {suffix}",
        )
    if named and not suffix and source.size:
        raise IcpctlError(
            f"its name ends in {named}, and it is neither gzip nor zstd",
            "unreadable",
            where,
            "rename it, or compress it with gzip or zstd",
        )


class _Files:
    """Files by their names, on disks and in the file systems that Spark has connectors for."""

    def __init__(self, spark: SparkSession, spool: Path, skipped: list[str]) -> None:
        self._skipped = skipped
        self._spark = spark
        self._spool = spool
        self._systems = FileSystems(spark)
        self._numbers = count()

    def named(self, name: str) -> Iterable[Input]:
        """Return the files that a name matches."""
        on_disk = self._systems.on_disk(name)
        return self._elsewhere(name) if on_disk is None else self._on_disk(on_disk)

    def _on_disk(self, name: str) -> Iterable[Input]:
        exports = find_exports([name])
        self._skipped += exports.skipped
        for source in exports.sources:
            if source.pipe:
                where = Location(source.name)
                raise IcpctlError("Spark reads only files, not pipes", "unreadable", where)
            yield Input(replace(source, path=source.path.absolute()))

    def _elsewhere(self, name: str) -> Iterable[Input]:
        statuses = self._found(name)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(lambda pair: self._described(*pair), statuses)

    def _found(self, name: str) -> list[tuple[str, Any]]:
        """Return the names and statuses of the files that a name matches."""
        path = self._systems.path(name)
        system = self._systems.system(path)
        if system.exists(path):
            status = system.getFileStatus(path)
            if not status.isDirectory():
                return [(name, status)]
            inside = sorted(
                (child.getPath().getName(), child)
                for child in system.listStatus(path)
                if not child.isDirectory()
                and is_export_name(child.getPath().getName())
                and not is_hidden(child.getPath().getName())
            )
            if inside:
                return [(f"{name.rstrip('/')}/{child}", status) for child, status in inside]
            what = "no visitor export in this folder"
        else:
            hidden = PurePosixPath(name).name.startswith(".")  # as one machine's globs have it
            matches = [
                status
                for status in system.globStatus(path) or []
                if not status.isDirectory()
                and (hidden or not status.getPath().getName().startswith("."))
            ]
            if matches:
                return [(status.getPath().toString(), status) for status in matches]
            what = "no file matches" if _GLOB.search(name) else "no such file or folder"
        raise IcpctlError(what, "no_visitors", Location(name), "check the path")

    def _described(self, name: str, status: Any) -> Input:
        path = status.getPath()
        size = int(status.getLen())
        local = self._spool / f"head-{next(self._numbers)}"
        wanted = _HEAD_BYTES
        while True:
            local.write_bytes(self._head(path, wanted))
            with local.open("rb") as file:
                source = as_source(name, local, size, file.read(8))
            if source.format != "json" or wanted >= size or _is_enough(source):
                break
            wanted *= 4
        _refuse(source)
        if source.format == "parquet":
            self._sample(path.toString(), local)
        return Input(source, path.toString(), path.toUri().toString())

    def _head(self, path: Any, most: int) -> bytes:
        stream = self._systems.system(path).open(path)
        try:
            return bytes(stream.readNBytes(most))
        finally:
            stream.close()

    def _sample(self, path: str, local: Path) -> None:
        """Copy the first rows of a Parquet file to where they can be inspected."""
        from pyarrow import parquet

        rows = self._spark.read.parquet(_pattern_of(path)).limit(_HEAD_LINES)
        parquet.write_table(rows.toArrow(), local)


def _is_enough(source: Source) -> bool:
    """Return whether there are enough lines, or bytes, to recognise the format."""
    lines = size = 0
    with source.open() as opened:
        for block in line_blocks(opened.stream, _HEAD_BYTES):
            if block.damage:
                return False
            size += len(block.data)
            lines += bytes(block.data).count(b"\n")
            if lines > _HEAD_LINES or size > 2 * MAX_LINE_BYTES:
                return True
    return False
