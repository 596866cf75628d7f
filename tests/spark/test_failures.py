"""What goes wrong on Spark: one message, nothing half-written, and no word of Java's."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from icpctl.errors import IcpctlError
from icpctl.spark.failures import as_icpctl_error
from icpctl.spark.run import Folders, score
from tests.cli.process import COMMAND, ROOT, environment
from tests.spark.engine import models, options, spark
from tests.visitors.torture import CONFIGS, gzipped, visitor, zstandard

if TYPE_CHECKING:
    from pathlib import Path

LINES = b"".join(visitor(f"v{number}") + b"\n" for number in range(5000))


def told(folder: Path, *names: str, out: str = "rows.parquet") -> IcpctlError:
    """What a person is told, as the command line does it."""
    visitors = [str(folder / name) for name in names]
    try:
        score(spark(), visitors, models(CONFIGS), options(), Folders(str(folder / out)))
    except IcpctlError as error:
        return error
    except Exception as error:
        return as_icpctl_error(error, folder / "log")
    raise AssertionError("it went well")


DAMAGED = {
    "cut.jsonl.gz": (gzipped(LINES)[:-100], "a compressed file is cut off or damaged"),
    "cut.jsonl.zst": (zstandard(LINES)[:-100], "a compressed file is cut off or damaged"),
    "bad.parquet": (b"PAR1" + b"x" * 100 + b"PAR1", "a Parquet file is damaged"),
    "plain.jsonl.gz": (LINES, "its name ends in .gz, and it is neither gzip nor zstd"),
    "packed.jsonl": (gzipped(LINES), "this is compressed (gzip), and its name does not say so"),
    "table.csv": (b"id,industry\n1,SaaS\n", "Spark reads JSON lines and Parquet; this is CSV"),
    "a:b.jsonl": (LINES, "Spark takes no file names with a colon"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_are_not_read(tmp_path: Path, name: str) -> None:
    data, message = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.jsonl").write_bytes(LINES)
    error = told(tmp_path, "good.jsonl", name)
    assert error.message.startswith(message)
    assert error.hint
    assert not (tmp_path / "rows.parquet").exists()


@pytest.mark.parametrize("name", ["missing.jsonl", "missing/*.jsonl", "empty"])
def test_nothing_to_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert told(tmp_path, name).code == "no_visitors"


def test_stdin_is_refused() -> None:
    with pytest.raises(IcpctlError, match="not stdin"):
        score(spark(), ["-"], models(CONFIGS), options(), Folders())


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    (tmp_path / "taken.csv").mkdir()
    (tmp_path / "taken.csv" / "mine").write_text("kept", "utf-8")
    (tmp_path / "file.csv").write_text("kept", "utf-8")
    for name in ("taken.csv", "file.csv"):
        error = told(tmp_path, "a.jsonl", out=name)
        assert (error.code, error.where and error.where.file) == (
            "not_written",
            str(tmp_path / name),
        )
    assert (tmp_path / "taken.csv" / "mine").read_text("utf-8") == "kept"
    assert (tmp_path / "file.csv").read_text("utf-8") == "kept"


def test_events_are_refused() -> None:
    events = ROOT / "tests" / "fixtures" / "exports" / "segment_events.jsonl"
    with pytest.raises(IcpctlError, match="to be rolled up to visitors first"):
        score(spark(), [str(events)], models(CONFIGS), options(), Folders())


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES * 4)
    (tmp_path / "tmp").mkdir()
    settings = ["ui.enabled=false"]
    # Hundreds of tasks.
    settings += ["sql.files.maxPartitionBytes=2000", "sql.files.openCostInBytes=1"]
    process = subprocess.Popen(
        [
            *COMMAND,
            *("score", "a.jsonl", "--dir", str(ROOT / "sample_configs"), "--out", "rows.csv"),
            *(
                "--engine",
                "spark",
                "--master",
                "local[1]",
                "--spark-conf",
                "spark.ui.enabled=false",
            ),
            *(word for it in settings for word in ("--spark-conf", f"spark.{it}")),
        ],
        cwd=tmp_path,
        env=environment(TMPDIR=str(tmp_path / "tmp")),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    until = time.monotonic() + 240
    while not glob.glob(f"{tmp_path}/rows.csv/_temporary/0/*") and time.monotonic() < until:
        time.sleep(0.05)
    assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)
    out, said = process.communicate(timeout=240)
    assert (process.returncode, out, said) == (130, b"", b"")
    assert not (tmp_path / "rows.csv").exists()
    assert not glob.glob(f"{tmp_path}/tmp/icpctl-*")
