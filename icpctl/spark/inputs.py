"""Which files Spark is to read: one machine's rules, on disks and in Spark's file systems."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.visitors.lines import DamagedError, whole_lines
from icpctl.visitors.records import MAX_LINE_BYTES
from icpctl.visitors.sources import STDIN, Source, as_source, find_sources, is_export_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pyspark.sql import SparkSession

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_GLOB = re.compile(r"[\\\[\]{}*?]")
_SUFFIXES = {"gzip": ".gz", "zstd": ".zst"}
_COMPRESSED = (*_SUFFIXES.values(), ".bz2", ".lz4", ".snappy", ".deflate")
_HEAD_BYTES = 1 << 20
_HEAD_LINES = 200
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Input:
    """A file that Spark reads.

    `source` has its name for people, its size and its format; at the source's path are at least
    the first records. `path` is the file for Spark, and `uri` how Spark tells that a row is of it.
    """

    source: Source
    path: str
    uri: str

    @property
    def pattern(self) -> str:
        """The path as a pattern that only it matches."""
        return _GLOB.sub(r"\\\g<0>", self.path)


def find_inputs(spark: SparkSession, visitors: Sequence[str], spool: Path) -> list[Input]:
    """The files that `visitors` (files, globs, folders) name, each once, in order.

    What is needed of files that are not on this machine's disks is put into the folder `spool`.
    Raises `IcpctlError` where there is nothing at a path, or Spark would read a file otherwise
    than one machine does.
    """
    files = _Files(spark, spool)
    found: dict[str, Input] = {}
    for name in visitors:
        if name == STDIN:
            raise IcpctlError(
                "Spark reads files, not stdin", "bad_usage", hint="write it to a file first"
            )
        for one in files.on_disk(name) if files.is_on_disk(name) else files.elsewhere(name):
            found.setdefault(one.uri, one)
    for one in found.values():
        _refuse(one.source)
    return list(found.values())


def _refuse(source: Source) -> None:
    """Raise `IcpctlError` for what Spark cannot read, or not as one machine does."""
    where = Location(source.name)
    if source.format == "csv":
        raise IcpctlError(
            "Spark reads JSON lines and Parquet; this is CSV",
            "unreadable",
            where,
            "score it without --engine spark, or make Parquet of it first",
        )
    if source.format == "parquet":
        return
    suffix = _SUFFIXES.get(source.compression or "")
    named = next((it for it in _COMPRESSED if source.name.lower().endswith(it)), None)
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

    def __init__(self, spark: SparkSession, spool: Path) -> None:
        context: Any = spark.sparkContext
        self._spark = spark
        self._spool = spool
        self._path = context._jvm.org.apache.hadoop.fs.Path
        self._conf = context._jsc.hadoopConfiguration()
        default = context._jvm.org.apache.hadoop.fs.FileSystem.getDefaultUri(self._conf)
        self._default_scheme = default.getScheme()
        self._count = 0

    def is_on_disk(self, name: str) -> bool:
        scheme = _SCHEME.match(name)
        return (scheme[1] if scheme else self._default_scheme) == "file"

    def on_disk(self, name: str) -> Iterable[Input]:
        local = name[len("file://") :] if name.startswith("file://") else name
        for source in find_sources([local], self._spool):
            where = Location(source.name)
            if source.path.is_relative_to(self._spool):
                raise IcpctlError("Spark reads files only, no pipes", "unreadable", where)
            path = f"file:{source.path.absolute()}"
            if ":" in source.path.name or not _is_utf8(path):
                raise IcpctlError(
                    "Spark takes no file names with a colon, or that are not UTF-8",
                    "unreadable",
                    where,
                    "rename it",
                )
            yield Input(source, path, self._path(path).toUri().toString())

    def elsewhere(self, name: str) -> Iterable[Input]:
        found = self._found(name)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            yield from pool.map(lambda one: self._described(*one), found)

    def _found(self, name: str) -> list[tuple[str, Any]]:
        """The names and statuses of the files that a name stands for."""
        path = self._path(name)
        system = path.getFileSystem(self._conf)
        if system.exists(path):
            status = system.getFileStatus(path)
            if not status.isDirectory():
                return [(name, status)]
            inside = sorted(
                (child.getPath().getName(), child)
                for child in system.listStatus(path)
                if not child.isDirectory() and is_export_name(child.getPath().getName())
            )
            if inside:
                return [(f"{name.rstrip('/')}/{child}", status) for child, status in inside]
            what = "no visitor export in this folder"
        else:
            hidden = PurePosixPath(name).name.startswith(".")  # as one machine's globs have it
            matches = [
                it
                for it in system.globStatus(path) or []
                if not it.isDirectory() and (hidden or not it.getPath().getName().startswith("."))
            ]
            if matches:
                return [(it.getPath().toString(), it) for it in matches]
            what = "no file matches" if _GLOB.search(name) else "there is no file or folder"
        raise IcpctlError(what, "no_visitors", Location(name), "check the path")

    def _described(self, name: str, status: Any) -> Input:
        path = status.getPath()
        size = int(status.getLen())
        self._count += 1
        local = self._spool / f"head-{self._count}"
        count = _HEAD_BYTES
        while True:
            local.write_bytes(self._head(path, count))
            with local.open("rb") as file:
                source = as_source(name, local, size, file.read(8))
            if source.format != "json" or count >= size or _is_enough(source):
                break
            count *= 4
        uri = path.toUri().toString()
        if source.format == "parquet":
            self._sample(path.toString(), local)
        return Input(source, path.toString(), uri)

    def _head(self, path: Any, count: int) -> bytes:
        stream = path.getFileSystem(self._conf).open(path)
        try:
            return bytes(stream.readNBytes(count))
        finally:
            stream.close()

    def _sample(self, path: str, local: Path) -> None:
        """Puts the first rows of a Parquet file where they can be looked at."""
        from pyarrow import parquet

        pattern = _GLOB.sub(r"\\\g<0>", path)
        parquet.write_table(self._spark.read.parquet(pattern).limit(_HEAD_LINES).toArrow(), local)


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_enough(source: Source) -> bool:
    """Whether a file has as many lines, or bytes, as are looked at to tell its format."""
    stream, raw = source.open()
    lines = size = 0
    with raw:
        for piece in whole_lines(stream):
            if isinstance(piece, DamagedError):
                return False
            if isinstance(piece, memoryview):
                size += len(piece)
                lines += bytes(piece).count(b"\n")
            if lines > _HEAD_LINES or size > 2 * MAX_LINE_BYTES:
                return True
    return False
