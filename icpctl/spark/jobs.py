"""Jobs of Spark: described, watched, and with output folders that are whole or absent."""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError, Location
from icpctl.output.console import note, progress
from icpctl.spark.inputs.file_systems import FileSystems
from icpctl.spark.progress import watched
from icpctl.spark.session import apart
from icpctl.spark.tasks import unpacked
from icpctl.spark.work import TALLY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from icpctl.output.layout import Form

_GROUP = "icpctl"
_GONE, _WAIT = 3, 0.2
"""How often a folder must be gone, and the seconds between the looks, before it counts as gone."""

_CSV: dict[str, bool | str] = {
    "header": True,
    "quote": '"',
    "escape": '"',
    "nullValue": "",
    "emptyValue": "",
    "ignoreLeadingWhiteSpace": False,
    "ignoreTrailingWhiteSpace": False,
}


class _Lists:
    """Concatenates lists of tallies."""

    def zero(self, _: list[bytes]) -> list[bytes]:
        return []

    def addInPlace(self, first: list[bytes], other: list[bytes]) -> list[bytes]:  # noqa: N802 - Spark's
        return first + other


class Jobs:
    """Runs jobs, and names them and their stages by what they do."""

    def __init__(self, spark: SparkSession) -> None:
        self._context: Any = spark.sparkContext
        self._systems = FileSystems(spark)
        self._written: list[str] = []

    def describe(self, what: str) -> None:
        """Describe the jobs that run from now on."""
        self._context.setJobGroup(_GROUP, f"icpctl: {what}", interruptOnCancel=True)
        self._context.setLocalProperty("callSite.short", f"icpctl: {what}")

    def new_folders(self, out: str | None, rejects: str | None) -> tuple[str | None, str | None]:
        """Return how Spark names folders that are to be made, for rows and for rejected lines.

        An empty folder is what a killed driver may leave; it is removed. Raises `IcpctlError`
        `not_written` where something is there, or where one is within the other.
        """
        rows, others = self._new_folder(out), self._new_folder(rejects)
        if rows and others and (_is_within(rows, others) or _is_within(others, rows)):
            raise _taken(out or "", "rows and rejected lines cannot go into one folder")
        return rows, others

    def _new_folder(self, name: str | None) -> str | None:
        if name is None:
            return None
        path = self._systems.path(name)
        system = self._systems.system(path)
        whole = system.makeQualified(path)
        if system.exists(whole) and not _remove_empty(system, whole):
            raise _taken(name, "this path already exists, and Spark does not replace it")
        target: str = whole.toString()
        return target

    def run(self, frame: DataFrame, size: int) -> list[Any]:
        """Return what each task counted of `size` bytes, from its last row."""
        from pyspark.sql import functions as f

        with self._shown(size):
            rows = frame.where(f.col(TALLY).isNotNull()).select(TALLY).collect()
        return [unpacked(bytes(row[0])) for row in rows]

    def tallies(self) -> Any:
        """Return the accumulator to which the tasks of a writing job add their tallies.

        Spark takes it once from each task, however often that ran.
        """
        return self._context.accumulator([], _Lists())

    def write(self, frame: DataFrame, size: int, out: str, form: Form, tallies: Any) -> list[Any]:
        """Write the rows of the tasks, and return what each counted of `size` bytes."""
        from pyspark.sql import functions as f

        with self._shown(size):
            self._write(frame.where(f.col(TALLY).isNull()).drop(TALLY), out, form)
        return list(map(unpacked, tallies.value))

    @contextmanager
    def _shown(self, size: int) -> Iterator[None]:
        with (
            progress(sys.stderr) as tell,
            watched(
                self._context,
                _GROUP,
                lambda share: tell(int(share * size), size),
                lambda: note("no worker has begun: does the cluster have any with room for this?"),
            ),
        ):
            yield

    def _write(self, rows: DataFrame, out: str, form: Form) -> None:
        writer = rows.write.mode("error")
        self._written.append(out)
        try:
            if form == "csv":
                writer.options(**_CSV).csv(out)
            elif form == "parquet":
                writer.option("compression", "zstd").parquet(out)
            else:
                writer.text(out)
        except Exception as error:
            if "ALREADY_EXISTS" in str(error):
                self._written.remove(out)  # it is another's
            raise

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Remove all folders that the block wrote if it fails, even complete ones."""
        try:
            yield
        except BaseException:
            for name in [*self._written]:
                apart(partial(self._remove, name))
            for name in self._written:
                if not self._removed_here(name):
                    note(f"{name} could not be removed: do not use what is there")
            raise

    def _remove(self, name: str) -> None:
        self._context.cancelJobGroup(_GROUP)
        path = self._systems.path(name)
        system = self._systems.system(path)
        # Tasks that were asked to end may still write, or make the folders that they write to.
        gone = 0
        while gone < _GONE:
            with suppress(Exception):
                system.delete(path, True)
            time.sleep(_WAIT)
            gone = 0 if system.exists(path) else gone + 1
        self._written.remove(name)

    def _removed_here(self, name: str) -> bool:
        """Remove a folder on this machine's disks without Java, which Ctrl-C may have ended."""
        folder = self._systems.on_disk(name)
        if folder is None:
            return False
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_WAIT)  # what still writes makes it again
        return not Path(folder).exists()


def _remove_empty(system: Any, path: Any) -> bool:
    """Remove a folder with nothing in it, and return whether that is what was at the path."""
    if not system.getFileStatus(path).isDirectory() or len(system.listStatus(path)):
        return False
    return bool(system.delete(path, False))


def _taken(name: str, why: str) -> IcpctlError:
    where = Location(name or "''")
    return IcpctlError(why, "not_written", where, "name another folder, or remove it")


def _is_within(folder: str, other: str) -> bool:
    return f"{folder}/".startswith(f"{other}/")
