"""Bad input loses nothing: every good line is scored, every other one reported."""

from __future__ import annotations

import io
import os
import sys
import threading
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.exports.columns import batches
from icpctl.exports.readers import reading
from icpctl.scoring import run
from tests.exports.torture import (
    BOM,
    CONFIGS,
    LAST,
    SMALL,
    Line,
    all_lines,
    expected,
    gzipped,
    joined,
    padded,
    visitor,
    zstandard,
)
from tests.long import LONG, long, some
from tests.support import score_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support import Scored

VERDICT = ["icp_match", "icp", "icp_score", "matches"]


def pieces(compress: Callable[[bytes], bytes], count: int) -> Callable[[bytes], bytes]:
    """Compressed in several members, which end in the middle of lines."""

    def in_pieces(data: bytes) -> bytes:
        size = len(data) // count + 1
        return b"".join(compress(data[i : i + size]) for i in range(0, len(data), size))

    return in_pieces


def as_it_is(data: bytes) -> bytes:
    """Not compressed."""
    return data


FILES = {
    "plain": ("visitors.jsonl", as_it_is),
    "gzip": ("visitors.jsonl.gz", gzipped),
    "zstd": ("visitors.jsonl.zst", zstandard),
    "gzip of several members": ("visitors.jsonl.gz", pieces(gzipped, 3)),
    "zstd of several frames": ("visitors.jsonl.zst", pieces(zstandard, 3)),
    "gzip under a plain name": ("visitors.jsonl", gzipped),
    "zstd under gzip's name": ("visitors.jsonl.gz", zstandard),
    "plain under gzip's name": ("visitors.jsonl.gz", as_it_is),
    "plain under zstd's name": ("visitors.json.zst", as_it_is),
}


def check(scored: Scored, *, big: bool) -> None:
    verdicts, reasons = expected(big=big)
    found = [(row["line"], {key: row[key] for key in VERDICT}) for row in scored.rows]
    assert found == verdicts
    assert [one.line for one in scored.rejected] == list(reasons)
    lines = all_lines(big=big)
    for one in scored.rejected:
        assert reasons[one.line] in one.reason, (one.line, one.reason)
        too_long = "16 MiB" in one.reason
        assert one.raw == (None if too_long else lines[one.line - 1].data)
    assert scored.report["visitors"] == len(verdicts)
    assert scored.report["rejected"] == len(reasons)


@pytest.mark.parametrize("kind", some(FILES))
def test_torture_file(tmp_path: Path, kind: str) -> None:
    name, pack = FILES[kind]
    big = kind in {"plain", "gzip", "zstd"}
    path = tmp_path / name
    path.write_bytes(pack(joined(all_lines(big=big))))
    scored = score_files(CONFIGS, [path])
    check(scored, big=big)
    assert {row["source"] for row in scored.rows} == {str(path)}
    assert {one.file for one in scored.rejected} == {str(path)}


@pytest.mark.parametrize("pack", [as_it_is, gzipped, zstandard])
def test_torture_on_stdin(monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]) -> None:
    big = LONG and pack is gzipped
    data = pack(joined(all_lines(big=big)))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
    scored = score_files(CONFIGS, ["-"])
    check(scored, big=big)
    assert {row["source"] for row in scored.rows} == {"stdin"}


def test_torture_through_a_named_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe.jsonl"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=[joined(all_lines(big=False))])
    writer.start()
    scored = score_files(CONFIGS, [path])
    writer.join()
    check(scored, big=False)
    assert {row["source"] for row in scored.rows} == {str(path)}


@long
@pytest.mark.parametrize("rows", [64, 200, 1_000, 5_000])
def test_torture_in_small_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr(run, "Reader", partial(reading.Reader, batch_bytes=rows))
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(joined(all_lines(big=False)))
    check(score_files(CONFIGS, [path]), big=False)


@long
def test_every_line_alone(tmp_path: Path) -> None:
    """Each line as a file of its own, without a line's end."""
    # A file that begins with a bracket is a list of records.
    lines = [line for line in SMALL if line.data.lstrip()[:1] != b"[" and line.data[:3] != BOM]
    names = [str(tmp_path / f"{at:03}.jsonl") for at in range(len(lines))]
    for name, line in zip(names, lines, strict=True):
        Path(name).write_bytes(line.data)
    scored = score_files(CONFIGS, [tmp_path])
    becomes = dict(zip(names, (line.becomes for line in lines), strict=True))
    assert [row["source"] for row in scored.rows] == [n for n in names if becomes[n] is None]
    assert [one.file for one in scored.rejected] == [
        name for name in names if becomes[name] not in {None, "blank"}
    ]
    assert {row["line"] for row in scored.rows} == {one.line for one in scored.rejected} == {1}


def test_only_bad_lines(tmp_path: Path) -> None:
    path = tmp_path / "visitors.jsonl"
    bad = [line for line in SMALL if line.becomes not in {None, "blank"}] + [LAST]
    path.write_bytes(joined(bad))
    scored = score_files(CONFIGS, [path])
    assert scored.rows == []
    assert [one.line for one in scored.rejected] == list(range(1, len(bad) + 1))
    assert scored.report["visitors"] == 0
    assert scored.report["matchRate"] is None
    assert scored.report["rejected"] == len(bad)


@pytest.mark.parametrize(
    "data",
    [b"", b"\n", b"\r\n\r\n", b" \n\t\n\n", BOM, BOM + b"\n", BOM + b"\r\n \r\n", b"\x0c\n"],
)
@pytest.mark.parametrize("pack", [as_it_is, gzipped, zstandard])
def test_nothing_in_the_file(tmp_path: Path, data: bytes, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(pack(data))
    scored = score_files(CONFIGS, [path])
    assert (scored.rows, scored.rejected) == ([], [])
    assert scored.report["visitors"] == scored.report["rejected"] == 0


def test_old_mac_line_ends_are_no_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(b"\r".join([visitor("a"), visitor("b"), b""]))
    scored = score_files(CONFIGS, [path])
    assert scored.rows == []
    assert [(one.line, one.reason[:18]) for one in scored.rejected] == [(1, "something follows ")]


@long
def test_many_batches_with_bad_lines_at_their_borders(tmp_path: Path) -> None:
    size = reading.BATCH_ROWS
    count = 2 * size + 100
    bad = {1, 2, size - 1, size, size + 1, size + 2, 2 * size - 1, 2 * size, 2 * size + 1, count}
    empty = {3, size - 2, size + 3, 2 * size + 2, count - 1}
    blank = {5, size + 5}
    lines = [visitor(f"v{number}") for number in range(1, count + 1)]
    for numbers, data in ((bad, b'{"id": 1,}'), (empty, b"{}"), (blank, b" ")):
        for number in numbers:
            lines[number - 1] = data
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(b"\n".join(lines))
    scored = score_files(CONFIGS, [path])
    assert [one.line for one in scored.rejected] == sorted(bad)
    wanted = [
        (number, None if number in empty else f"v{number}")
        for number in range(1, count + 1)
        if number not in bad | blank
    ]
    assert [(row["line"], row["id"]) for row in scored.rows] == wanted


def test_lines_too_long_in_several_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bulk reader stops at each of them; what was read before is not read twice."""
    monkeypatch.setattr(run, "Reader", partial(reading.Reader, batch_bytes=1 << 20))
    long = Line(padded(16 * 1024 * 1024 + 1), "over 16 MiB")
    some = [Line(visitor(str(number))) for number in range(10)]
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(joined([*some, long, *some, Line(b""), long, long, *some]))
    scored = score_files(CONFIGS, [path])
    assert [row["id"] for row in scored.rows] == [str(n) for n in range(10)] * 3
    assert [row["line"] for row in scored.rows] == [*range(1, 11), *range(12, 22), *range(25, 35)]
    assert [one.line for one in scored.rejected] == [11, 23, 24]


def incompressible(count: int) -> bytes:
    """Good records that hardly get smaller."""
    from random import Random

    random = Random(1)
    return joined([Line(visitor(str(at), x=random.randbytes(200).hex())) for at in range(count)])


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@pytest.mark.parametrize("where", ["cut off", "cut off at once", "damaged"])
def test_damaged_compressed_file(tmp_path: Path, kind: str, where: str) -> None:
    name, pack = FILES[kind]
    count = 4000
    data = bytearray(pack(incompressible(count)))
    half = len(data) // 2
    match where:
        case "cut off":
            del data[half:]
        case "cut off at once":
            del data[12:]
        case "damaged":
            data[half : half + 64] = bytes(64)
    path = tmp_path / name
    path.write_bytes(data)
    scored = score_files(CONFIGS, [path])
    ids = [row["id"] for row in scored.rows]
    last = scored.rejected[-1]
    assert "cut off or damaged" in last.reason
    assert (last.file, last.raw) == (str(path), None)
    match where:
        case "cut off":
            assert 1700 < len(ids) < count
        case "cut off at once":
            assert ids == []
        case "damaged":
            # Some bytes behind the damage may look sound; no line before it may be lost.
            assert last.line == len(ids) + len(scored.rejected)
            ids = ids[:1500]
    assert ids == [str(at) for at in range(len(ids))]
    assert where == "damaged" or [one.line for one in scored.rejected] == [len(ids) + 1]


def test_junk_behind_gzip(tmp_path: Path) -> None:
    path = tmp_path / "visitors.jsonl.gz"
    path.write_bytes(gzipped(joined([Line(visitor("a")), Line(visitor("b"))])) + b"junk")
    scored = score_files(CONFIGS, [path])
    assert [row["id"] for row in scored.rows] == ["a", "b"]
    assert [one.line for one in scored.rejected] == [3]


def test_rejected_lines_as_json() -> None:
    def as_json(raw: bytes | None) -> Any:
        return batches.Rejected("a.jsonl", 7, "why", raw).as_json()

    head = '{"file": "a.jsonl", "line": 7, "reason": "why", '
    assert as_json(b'{"id": "\xc3\xa9') == head + '"raw": "{\\"id\\": \\"\u00e9"}'
    assert as_json(b"\xff") == head + '"rawBase64": "/w=="}'
    assert as_json(None) == head + '"raw": null}'
