"""What is said where `--engine spark` cannot be: none of this needs Spark."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.errors import IcpctlError, Location
from icpctl.spark import session as spark_session
from icpctl.spark.failures import TaskError, as_icpctl_error
from icpctl.spark.session import Cluster, session
from tests.process import ROOT, icpctl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VISITORS = str(ROOT / "sample_visitors" / "visitors.jsonl")
CONFIGS = ("--dir", str(ROOT / "sample_configs"))
SPARK = ("--engine", "spark")

REFUSED: dict[str, tuple[Sequence[str], str]] = {
    "--master alone": (("score", "--master", "local"), "--master is for Spark"),
    "--spark-conf alone": (("stats", "--spark-conf", "spark.x=1"), "--spark-conf is for Spark"),
    "no setting": (("score", *SPARK, "--spark-conf", "x"), "'x' is not a setting of Spark"),
    "no setting of Spark": (("stats", *SPARK, "--spark-conf", "x=1"), "'x=1' is not a setting"),
    "no suffix": (
        ("score", *SPARK, "--out", "rows"),
        "the extension of the folder does not say",
    ),
    "stdout": (("score", *SPARK, "--out", "-"), "--out - is not available with --engine spark"),
    "--report": (("score", *SPARK, "--report", "r.md"), "--report is not available with"),
    "--report of stats": (("stats", *SPARK, "--report", "r.md"), "--report is not available with"),
    "--rejects -": (("score", *SPARK, "--rejects", "-"), "--rejects takes a file, not stdout"),
    "--timings": (("score", *SPARK, "--timings"), "--timings is not available with --engine spark"),
    "--report of insight": (
        ("insight", *SPARK, "--report", "r.md"),
        "--report is not available with",
    ),
    "a taken name": (
        ("score", *SPARK, "--out", "a.csv", "--carry", "id"),
        "the rows already have a column of this name",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_spark_does_not_do(name: str, tmp_path: Path) -> None:
    (command, *args), message = REFUSED[name]
    ended = icpctl(command, VISITORS, *CONFIGS, *args, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "hint:" in ended.err
    assert "Traceback" not in ended.err
    assert not list(tmp_path.iterdir())


ROLLUPS: dict[str, tuple[Sequence[str], str]] = {
    "stdout": (("--out", "-"), "--out - is not available with --engine spark"),
    "no suffix": (("--out", "visitors"), "does not say its format"),
    "no form of visitors": (("--out", "visitors.csv"), "does not say its format"),
    "rejects": (("--out", "v.jsonl", "--rejects", "-"), "--rejects takes a file, not stdout"),
}


@pytest.mark.parametrize("name", ROLLUPS)
def test_what_rollup_does_not_do_on_spark(name: str, tmp_path: Path) -> None:
    args, message = ROLLUPS[name]
    ended = icpctl("rollup", VISITORS, *args, *SPARK, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert not list(tmp_path.iterdir())


def told(**changes: Any) -> IcpctlError:
    with pytest.raises(IcpctlError) as error, session(Cluster(**changes), "test"):
        pass
    return error.value


def test_without_pyspark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda _: None)
    error = told()
    assert error.message == "--engine spark needs pyspark and pandas"
    assert "pip install '.[spark]'" in (error.hint or "")


@pytest.mark.parametrize("java_home", [None, "/nowhere"])
def test_without_java(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, java_home: str | None
) -> None:
    monkeypatch.setattr(spark_session, "require_pyspark", lambda: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    if java_home:
        monkeypatch.setenv("JAVA_HOME", java_home)
    error = told()
    assert error.message.startswith("Spark needs Java: ")
    assert "install Java 17" in (error.hint or "")


MASTERS = {
    "somewhere": "is not a master",
    "spark://": "is not a master",
    "spark://host": "names no host and port",
    "spark://127.0.0.1:1": "no Spark master answers at spark://127.0.0.1:1: Connection refused",
    "spark://127.0.0.1:99999": "no Spark master answers",
}


@pytest.mark.parametrize("master", MASTERS)
def test_wrong_masters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, master: str) -> None:
    monkeypatch.setattr(spark_session, "require_pyspark", lambda: None)
    monkeypatch.setattr(spark_session, "_require_java", lambda: None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert MASTERS[master] in told(master=master).message


TEXTS = {
    "ModuleNotFoundError: No module named 'icpctl'": "the Python of the workers has no icpctl",
    'java.io.IOException: Cannot run program "/opt/py": error=2': "the workers have no /opt/py",
    'org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme "foo"': (
        "Spark has no connector for foo"
    ),
    "java.lang.ClassNotFoundException: Class org.apache.hadoop.fs.s3a.S3AFileSystem not found": (
        "Spark has no connector for S3A"
    ),
    "java.io.EOFException: Unexpected end of input stream": (
        "a compressed file is cut off or damaged"
    ),
    "AnalysisException: [PARQUET_TYPE_ILLEGAL] Illegal Parquet type: INT64 (TIMESTAMP(NANOS))": (
        "a column of a Parquet file has a type that Spark does not read"
    ),
    "java.lang.OutOfMemoryError: Java heap space": "Java ran out of memory",
    "An error occurred\nCaused by: java.lang.Odd: it is odd\n\tat org.example.X": (
        "Spark: it is odd"
    ),
}


@pytest.mark.parametrize("text", TEXTS)
def test_what_spark_says_becomes_one_message(text: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    error = as_icpctl_error(RuntimeError(text), log)
    assert error.message == TEXTS[text]
    assert f"the details are in {log}" in (error.hint or "")
    assert text in log.read_text("utf-8")


def test_where_spark_cannot_write_is_told(tmp_path: Path) -> None:
    text = "IOException: Mkdirs failed to create file:/a b/x.csv/_temporary/0/_temporary (exists="
    error = as_icpctl_error(RuntimeError(text), tmp_path / "log")
    assert (error.where, error.code) == (Location("file:/a b/x.csv"), "not_written")


def test_an_error_of_a_worker_arrives_as_it_was(tmp_path: Path) -> None:
    where = Location("m.yaml", 3, 7)
    error = IcpctlError("cannot read it", "unreadable", where, "look {there}")
    text = f"Traceback\n  raise TaskError.of(error)\nTaskError: {TaskError.of(error)}\n\tat java"
    found = as_icpctl_error(RuntimeError(text), tmp_path / "log")
    assert (found.message, found.code, found.hint) == (error.message, error.code, error.hint)
    assert found.where == where
    assert os.listdir(tmp_path) == []
