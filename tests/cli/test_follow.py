"""`icpctl score --follow`: a row for each line of stdin before the next line is there."""

from __future__ import annotations

import json
import os
import subprocess
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest

from tests.long import long
from tests.process import COMMAND, ROOT, environment, icpctl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

CONFIGS = ROOT / "sample_configs"
SAAS = """
label: SaaS
rules:
  groups:
    - operator: AND
      conditions: [{type: industry, comparator: equals, value: SaaS}]
"""
PATIENCE = 120  # seconds after which a process that waits is ended, and its test fails

HUBSPOT = (
    b'{"id": "51", "properties": {"jobtitle": "VP", "industry": "SaaS"}, '
    b'"createdAt": "2026-11-01T00:00:00Z", "updatedAt": "2026-11-02T00:00:00Z"}\n'
)
POSTHOG = (
    b'{"event": "$pageview", "distinct_id": "1", "timestamp": "2026-11-02T00:00:00Z",'
    b' "properties": {"$current_url": "https://www.example.com/"}}\n'
)


@pytest.fixture
def following(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "saas.yaml").write_text(SAAS)
    with follow(tmp_path, "-", "--with-line", configs=tmp_path) as process:
        yield process


def follow(
    cwd: Path, out: str, *options: str, configs: Path = CONFIGS
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Start a process that follows stdin, and is ended where it waits for too long."""
    process = subprocess.Popen(
        [*COMMAND, "score", "--follow", "--out", out, "--dir", str(configs), *options],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    timer = Timer(PATIENCE, process.kill)
    timer.daemon = True
    timer.start()
    return process


def give(process: subprocess.Popen[bytes], data: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(data)
    process.stdin.flush()


def row(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next row, for which the process has all that it needs."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


def test_each_row_comes_before_the_next_line(following: subprocess.Popen[bytes]) -> None:
    for number in range(1, 4):
        give(
            following, json.dumps({"visitor_id": f"v{number}", "industry": "SaaS"}).encode() + b"\n"
        )
        written = row(following)
        assert (written["id"], written["source"], written["line"]) == (
            f"v{number}",
            "stdin",
            number,
        )
    out, err = following.communicate()
    assert (out, following.returncode) == (b"", 0)
    assert b"3 visitors" in err


@long
def test_lines_are_counted_that_have_no_record(following: subprocess.Popen[bytes]) -> None:
    give(following, b'\n\n{"visitor_id": "a"}\n')
    assert row(following)["line"] == 3
    give(following, b'[1]\n{"visitor_id": "b"}\n')
    assert row(following)["line"] == 5
    _, err = following.communicate()
    assert b"stdin:4: rejected: a list, not an object" in err
    assert following.returncode == 1


@long
def test_a_line_waits_for_its_end(following: subprocess.Popen[bytes]) -> None:
    give(following, b'{"visitor_id": "a"}\n{"visitor')
    assert row(following)["id"] == "a"
    give(following, b'_id": "b"}\n{"visitor_id": "c"}')  # the last line needs no end
    assert row(following)["id"] == "b"
    out, _ = following.communicate()
    assert json.loads(out)["id"] == "c"


@long
def test_a_long_line_takes_no_other_with_it(following: subprocess.Popen[bytes]) -> None:
    long = json.dumps({"visitor_id": "a", "note": "x" * 300_000}).encode()
    give(following, long + b'\n{"visitor_id": "b"}\n')
    assert [row(following)["id"], row(following)["id"]] == ["a", "b"]
    following.communicate()


def test_the_format_is_recognised_by_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "saas.yaml").write_text(SAAS)
    with follow(tmp_path, "-", configs=tmp_path) as process:
        give(process, HUBSPOT)
        assert row(process)["icp"] == "saas"
        process.communicate()


@long
def test_nothing_comes(following: subprocess.Popen[bytes]) -> None:
    out, err = following.communicate(b"")
    assert out == b""
    assert b"0 visitors" in err


@long
def test_rows_go_to_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "rows.jsonl"
    os.mkfifo(pipe)
    with follow(tmp_path, str(pipe)) as process, pipe.open("rb") as rows:
        give(process, b'{"visitor_id": "a"}\n')
        assert json.loads(rows.readline())["id"] == "a"
        process.communicate()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["visitors.jsonl", "--out", "-"], "--follow reads stdin and nothing else"),
        (["-", "--out", "rows.jsonl"], "--follow writes rows to stdout or a pipe"),
        (["-"], "--follow writes rows to stdout or a pipe"),
        (["-", "--out", "-", "--engine", "spark"], "--follow is not available with --engine spark"),
    ],
)
def test_what_cannot_be_followed(tmp_path: Path, options: list[str], said: str) -> None:
    ended = icpctl("score", "--follow", *options, "--dir", CONFIGS, cwd=tmp_path)
    assert ended.code == 2
    assert said in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"visitor_id,industry\na,SaaS\nb,SaaS\n", "what comes is CSV"),
        (POSTHOG, "rolls records up"),
    ],
)
def test_what_needs_all_records(following: subprocess.Popen[bytes], data: bytes, said: str) -> None:
    _, err = following.communicate(data)
    assert following.returncode == 2
    assert said in err.decode()
