"""What goes wrong on Spark: one message, nothing half-written, and no word of Java's."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from icpctl import spark as on_spark
from icpctl.errors import IcpctlError, Location
from icpctl.output.layout import Layout
from icpctl.spark.failures import as_icpctl_error
from icpctl.spark.inputs.frames import Frames
from icpctl.spark.jobs import Jobs
from icpctl.spark.run import Folders, score
from tests.exports.torture import CONFIGS, gzipped, visitor, zstandard
from tests.process import COMMAND, ROOT, environment, icpctl
from tests.spark.engine import blocks_of, elsewhere, lines_in, models, options, spark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from contextlib import AbstractContextManager

    from icpctl.spark.work import Place

LINES = b"".join(visitor(f"v{number}") + b"\n" for number in range(5000))


def told(folder: Path, *visitors: str, out: str = "rows.parquet") -> IcpctlError:
    """What a person is told, as the command line does it."""
    try:
        score(spark(), list(visitors), models(CONFIGS), options(), Folders(str(folder / out)))
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
}


@pytest.mark.parametrize("name", DAMAGED)
def test_files_that_are_not_read_elsewhere(tmp_path: Path, name: str) -> None:
    data, message = DAMAGED[name]
    (tmp_path / name).write_bytes(data)
    (tmp_path / "good.jsonl").write_bytes(LINES)
    lake = elsewhere(tmp_path)
    error = told(tmp_path, f"{lake}/good.jsonl", f"{lake}/{name}")
    assert error.message.startswith(message)
    assert error.hint
    assert not (tmp_path / "rows.parquet").exists()


@pytest.mark.parametrize("name", ["missing.jsonl", "missing/*.jsonl", "empty"])
def test_nothing_to_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    assert told(tmp_path, str(tmp_path / name)).code == "no_visitors"


def test_stdin_is_refused() -> None:
    with pytest.raises(IcpctlError, match="not stdin"):
        score(spark(), ["-"], models(CONFIGS), options(), Folders())


def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    (tmp_path / "taken.csv").mkdir()
    (tmp_path / "taken.csv" / "mine").write_text("kept", "utf-8")
    (tmp_path / "file.csv").write_text("kept", "utf-8")
    for name in ("taken.csv", "file.csv"):
        error = told(tmp_path, str(tmp_path / "a.jsonl"), out=name)
        assert (error.code, error.where and error.where.file) == (
            "not_written",
            str(tmp_path / name),
        )
    assert (tmp_path / "taken.csv" / "mine").read_text("utf-8") == "kept"
    assert (tmp_path / "file.csv").read_text("utf-8") == "kept"


def test_an_empty_folder_of_a_killed_run_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINES)
    (tmp_path / "rows.csv").mkdir()
    folders = Folders(str(tmp_path / "rows.csv"))
    score(spark(), [str(tmp_path / "a.jsonl")], models(CONFIGS), options(), folders)
    assert (tmp_path / "rows.csv" / "_SUCCESS").exists()


@pytest.mark.parametrize("names", [("a.jsonl", "a.jsonl"), ("a.csv", "a.csv/r"), ("r/a.csv", "r")])
def test_one_folder_for_two(tmp_path: Path, names: tuple[str, str]) -> None:
    (tmp_path / "v.jsonl").write_bytes(LINES)
    out, rejects = (str(tmp_path / name) for name in names)
    with pytest.raises(IcpctlError, match="cannot go into one folder"):
        score(spark(), [str(tmp_path)], models(CONFIGS), options(), Folders(out, rejects))
    assert os.listdir(tmp_path) == ["v.jsonl"]


def test_rows_do_not_stay_without_the_rejected_lines(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_bytes(LINES + b"no")
    out, rejects = tmp_path / "rows.parquet", tmp_path / "v.jsonl" / "rejects"
    with pytest.raises(Exception, match="not a directory"):
        score(spark(), [str(tmp_path)], models(CONFIGS), options(), Folders(str(out), str(rejects)))
    assert os.listdir(tmp_path) == ["v.jsonl"]


def test_a_file_that_changes_before_its_rejected_lines_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many lines are rejected as before, but there is one more."""
    file = tmp_path / "v.jsonl"
    file.write_bytes(b"no\n" + LINES)
    only = Frames.only

    def late(frames: Frames, blocks: Collection[Place]) -> Frames:
        file.write_bytes(b"no\n" + LINES + visitor("late"))
        return only(frames, blocks)

    monkeypatch.setattr(Frames, "only", late)
    folders = Folders(str(tmp_path / "rows.csv"), str(tmp_path / "rejects"))
    with pytest.raises(IcpctlError, match="the file changed while it was read") as error:
        score(spark(), [f"{elsewhere(tmp_path)}/v.jsonl"], models(CONFIGS), options(), folders)
    assert error.value.where
    assert error.value.where.file.endswith("/exports/v.jsonl")
    assert os.listdir(tmp_path) == ["v.jsonl"]


def test_a_file_that_changes_when_its_lines_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "v.jsonl"
    file.write_bytes(LINES)
    line_counts = Frames.line_counts

    def early(frames: Frames) -> dict[Place, int]:
        found = line_counts(frames)
        file.write_bytes(LINES.replace(b"}\n{", b"} {", 1))
        return found

    monkeypatch.setattr(Frames, "line_counts", early)
    folders = Folders(str(tmp_path / "rows.csv"), layout=Layout(with_line=True))
    with (
        blocks_of(100_000),
        pytest.raises(IcpctlError, match="the file changed while it was read"),
    ):
        score(spark(), [f"{elsewhere(tmp_path)}/v.jsonl"], models(CONFIGS), options(), folders)
    assert os.listdir(tmp_path) == ["v.jsonl"]


LATE: dict[str, tuple[Callable[[Path], object], str]] = {
    "grown": (lambda file: file.write_bytes(LINES * 2), "the file changed while it was read"),
    "gone": (Path.unlink, "a worker cannot read it: No such file or directory"),
}


@pytest.mark.parametrize("name", LATE)
def test_a_file_that_changes_before_tasks_read_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    change, message = LATE[name]
    file = tmp_path / "v.jsonl"
    file.write_bytes(LINES)
    fixed_blocks = Frames.fixed_blocks

    def late(frames: Frames) -> AbstractContextManager[None]:
        change(file)
        return fixed_blocks(frames)

    monkeypatch.setattr(Frames, "fixed_blocks", late)
    error = told(tmp_path, str(file))
    assert error.message == message
    assert error.hint
    assert error.where == Location(str(file))
    assert not (tmp_path / "rows.parquet").exists()


def test_only_files_with_rejected_lines_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bad.jsonl").write_bytes(b"no\n")
    good = tmp_path / "good.jsonl"
    good.write_bytes(LINES)
    only = Frames.only

    def without(frames: Frames, blocks: Collection[Place]) -> Frames:
        good.unlink()
        return only(frames, blocks)

    monkeypatch.setattr(Frames, "only", without)
    rejects = tmp_path / "rejects"
    run = score(spark(), [str(tmp_path)], models(CONFIGS), options(), Folders(rejects=str(rejects)))
    assert run.report.rejected == 1
    assert [one["raw"] for one in lines_in(rejects)] == ["no"]


def test_rejects_in_a_file_system_of_sparks(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_bytes(LINES)
    ended = icpctl(
        *("score", "v.jsonl", "--dir", str(ROOT / "sample_configs"), "--engine", "spark"),
        *("--master", "local[1]", "--rejects", "s3a://bucket/rejects"),
        cwd=tmp_path,
    )
    assert ended.code == 2
    assert "Spark has no connector for S3A" in ended.err
    assert os.listdir(tmp_path) == ["v.jsonl"]


def test_events_in_a_dataframe_are_refused() -> None:
    events = spark().createDataFrame([("a",)], ["anonymousId"])
    with pytest.raises(IcpctlError, match="to be rolled up to visitors first"):
        on_spark.score(events, models(CONFIGS), mapping="segment")


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, sent: signal.Signals, code: int) -> None:
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
    if sent is signal.SIGINT:
        os.killpg(process.pid, sent)  # as a terminal sends it: to Java too
    else:
        process.send_signal(sent)
    out, said = process.communicate(timeout=240)
    assert (process.returncode, out, said) == (code, b"", b""), said
    assert not (tmp_path / "rows.csv").exists()
    assert not glob.glob(f"{tmp_path}/tmp/icpctl-*")


def test_what_java_cannot_remove_any_more_is_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends Java too, perhaps before it has removed what its tasks wrote."""
    jobs = Jobs(spark())
    (tmp_path / "rows.csv" / "_temporary").mkdir(parents=True)
    jobs._written += [f"file:{tmp_path}/rows.csv", "s3a://bucket/rows"]
    with (
        patch.object(jobs, "_remove", side_effect=ConnectionRefusedError),
        pytest.raises(KeyboardInterrupt),
        jobs.all_or_nothing(),
    ):
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []
    said = capsys.readouterr().err
    assert said == "s3a://bucket/rows could not be removed: do not use what is there\n"
