"""Errors of Spark, Java and Python workers as one message for people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import astuple

from icpctl.errors import IcpctlError, Location

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa


class TaskError(RuntimeError):
    """An `IcpctlError` sent from a worker, of which Spark keeps the text alone."""

    MARK = "icpctl says "

    @classmethod
    def of(cls, error: IcpctlError) -> TaskError:
        """Return the error as text."""
        where = astuple(error.where) if error.where else None
        fields = {"message": error.message, "code": error.code, "where": where, "hint": error.hint}
        return cls(cls.MARK + json.dumps(fields))

    @classmethod
    def found_in(cls, text: str) -> IcpctlError | None:
        """Return the error that a text carries, if any."""
        marked = re.search(f"^.*{cls.MARK}({{.*}})$", text, re.MULTILINE)
        if not marked:
            return None
        fields = json.loads(marked[1])
        where = Location(*fields["where"]) if fields["where"] else None
        return IcpctlError(fields["message"], fields["code"], where, fields["hint"])


Task = Callable[["Iterator[pa.RecordBatch]"], "Iterator[pa.RecordBatch]"]
"""A function that Spark calls in a worker: batches in, batches out."""


def telling(task: Task) -> Task:
    """Return the task with every `IcpctlError` as a `TaskError`, so that it reaches the driver."""

    @wraps(task)
    def telling(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from task(batches)
        except IcpctlError as error:
            raise TaskError.of(error) from None

    return telling


class _Known(NamedTuple):
    """A failure that is recognised by its text."""

    pattern: str
    message: str
    code: str
    hint: str


SHARED = (
    "inputs and outputs must be where all workers see them: HDFS, an object store, a shared folder"
)
_ONE_MACHINE = "without --engine spark, what can be read of it is scored, and the end is reported"
_KNOWN = (
    _Known(
        r"No module named '(icpctl|duckdb|pyarrow|numpy|pandas|pydantic|yaml)",
        "the Python of the workers has no {0}",
        "not_installed",
        "install icpctl[spark] where workers run, and name that Python in PYSPARK_PYTHON",
    ),
    _Known(
        r"PYTHON_VERSION_MISMATCH|Python in worker has different version",
        "the workers have another version of Python than this one",
        "not_installed",
        "name a Python of the same version, with icpctl[spark], in PYSPARK_PYTHON",
    ),
    _Known(
        r'Cannot run program "([^"]+)"',
        "the workers have no {0}",
        "not_installed",
        "name a Python that workers have, with icpctl[spark], in PYSPARK_PYTHON",
    ),
    _Known(
        r'No FileSystem for scheme "?(\w+)|'
        r"Class org\.apache\.hadoop\.fs\.\S*?(\w+)FileSystem not found",
        "Spark has no connector for {0}",
        "unreadable",
        "name one, such as --spark-conf spark.jars.packages=org.apache.hadoop:hadoop-aws:VERSION",
    ),
    _Known(
        r"All masters are unresponsive|Failed to connect to master|Master removed our application",
        "the cluster does not accept this run",
        "no_cluster",
        "look at the master's page, and at the log",
    ),
    _Known(
        r"Unexpected end of input stream|invalid (?:block type|code lengths|distance|stored block)|"
        r"incorrect (?:header|data) check|ZlibException|not a gzip file|ZstdIOException|"
        r"ZstdException",
        "a compressed file is cut off or damaged",
        "unreadable",
        _ONE_MACHINE,
    ),
    _Known(
        r"is not a Parquet file|Could not read footer|CANNOT_READ_FILE_FOOTER|"
        r"ParquetDecodingException",
        "a Parquet file is damaged",
        "unreadable",
        _ONE_MACHINE,
    ),
    _Known(
        r"CANNOT_MERGE_SCHEMAS|Failed to merge",
        "the Parquet files have columns of one name and different types",
        "unreadable",
        "score the files of each type separately",
    ),
    _Known(
        r"PARQUET_TYPE_|UNSUPPORTED_TIME_TYPE|DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION",
        "a column of a Parquet file has a type that Spark does not read",
        "unreadable",
        "write it as another type, such as time stamps in microseconds instead of nanoseconds",
    ),
    _Known(
        r"URISyntaxException",
        "Spark does not accept this name of a file or folder",
        "bad_usage",
        "rename it: it must have no colon",
    ),
    _Known(
        r"FILE_NOT_EXIST|FileNotFoundException|NoSuchFileException",
        "a file is missing, or workers cannot see it",
        "unreadable",
        SHARED,
    ),
    _Known(
        r"AccessControlException|AccessDeniedException|Permission denied|403 Forbidden",
        "Spark may not read or write there",
        "unreadable",
        "check the permissions and keys of the user that Spark runs as",
    ),
    _Known(
        r"Mkdirs failed to create|No space left on device",
        "Spark cannot write there",
        "not_written",
        SHARED,
    ),
    _Known(
        r"OutOfMemoryError",
        "Java ran out of memory",
        "no_memory",
        "give it more: --spark-conf spark.executor.memory=4g (with local spark.driver.memory)",
    ),
)


def as_icpctl_error(error: Exception, log: Path) -> IcpctlError:
    """Return an error as its message for users; append Spark's own text to the log.

    An error that icpctl raised in a worker is returned unchanged.
    """
    text = f"{type(error).__name__}: {error}"
    own_error = TaskError.found_in(text)
    if own_error:
        return own_error
    with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"\n{text}\n")
    where = _file_in(text)
    details = f"the details are in {log}"
    for known in _KNOWN:
        match = re.search(known.pattern, text)
        if match:
            words = [group for group in match.groups() if group]
            message = known.message.format(*words)
            return IcpctlError(message, known.code, where, f"{known.hint}; {details}")
    return IcpctlError(f"Spark: {first_words(text)}", "spark_failed", where, details)


def _file_in(text: str) -> Location | None:
    read = r"FAILED_READ_FILE\S* .*?(?:file|path):? *'?([a-z0-9]+:/[^\s']+?)'?\.? "
    written = r"Mkdirs failed to create (.+?)/_temporary"
    match = re.search(read, text) or re.search(written, text)
    return Location(match[1]) if match else None


def first_words(text: str) -> str:
    """Return the part of an error's text that most likely names the cause, on one line."""
    causes = re.findall(r"^Caused by: (?:[\w.$]+: )?(.+)$", text, re.MULTILINE)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen = (
        causes[-1]
        if causes
        else next(
            (line for line in reversed(lines) if re.match(r"\w*(Error|Exception): ", line)),
            lines[0],
        )
    )
    return chosen[:300]
