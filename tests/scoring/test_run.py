"""What a run tells besides the rows: ids, the first warnings and rejected lines, progress."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.scoring.counts import SHOWN
from icpctl.scoring.run import Options, Run, score
from tests.exports.torture import CONFIGS, gzipped, visitor
from tests.support import AS_OF, score_files

if TYPE_CHECKING:
    from pathlib import Path


def run(path: Path, **callbacks: Any) -> Run:
    configs = [(slug, IcpConfig.model_validate(body)) for slug, body in CONFIGS]
    return score([str(path)], configs, Options(datetime.fromisoformat(AS_OF)), **callbacks)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"id": 7}, "7"),
        ({"id": 1.5}, "1.5"),
        ({"id": True}, "true"),
        ({"id": "it's \"\\\u00e9\U0001f680\n"}, "it's \"\\\u00e9\U0001f680\n"),
        ({"id": " padded "}, " padded "),
        ({"id": "\ud800"}, "\ufffd"),
        ({"id": ""}, None),
        ({"id": "  "}, None),
        ({"id": [1]}, None),
        ({"id": {"a": 1}}, None),
        ({"id": float("nan")}, None),
        ({"visitor": {"id": "nested"}, "session_id": "s"}, "nested"),
        ({"session_id": "s"}, "s"),
        ({"id": 10**30}, str(10**30)),
    ],
)
def test_id(tmp_path: Path, record: dict[str, Any], expected: str | None) -> None:
    path = tmp_path / "visitors.jsonl"
    path.write_text(json.dumps(record))
    assert [row["id"] for row in score_files(CONFIGS, [path]).rows] == [expected]


def test_a_warning_a_field_with_its_commonest_values_and_first_lines(tmp_path: Path) -> None:
    lines = [b"bad", b"", visitor("a", session_count="many"), visitor("b", session_count=[1, "x"])]
    lines += [visitor("c"), b'{"session_count": nan, "pages": ["/a", {"href": 1}], "industry": {}}']
    lines += [b'{"session_count": true}'] * 2 * SHOWN
    lines += [visitor("d", session_count="many"), visitor("e", session_count="few")]
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(b"\n".join(lines))
    run_result = run(path)
    industry, pages, sessions = run_result.warnings
    assert (industry.field, industry.count, industry.places) == ("industry", 1, ((str(path), 6),))
    assert (pages.field, pages.count, pages.places) == ("pages", 1, ((str(path), 6),))
    assert (sessions.field, sessions.count) == ("session_count", 5 + 2 * SHOWN)
    assert sessions.places == tuple((str(path), line) for line in (3, 4, 6))
    assert sessions.commonest == (("true", 2 * SHOWN), ('"many"', 2), ('[1,"x"]', 1))
    assert run_result.report.field_warnings == {
        "industry": 1,
        "pages": 1,
        "session_count": 5 + 2 * SHOWN,
    }


def test_the_first_rejected_lines_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "visitors.jsonl"
    path.write_bytes(b"\n".join([visitor("a"), *[b"bad"] * 3 * SHOWN]))
    found = run(path)
    assert [one.line for one in found.rejected] == list(range(2, 2 + SHOWN))
    assert (found.report.visitors, found.report.rejected) == (1, 3 * SHOWN)


def test_progress_ends_at_the_size_of_all_files(tmp_path: Path) -> None:
    data = b"".join(visitor(str(at)) + b"\n" for at in range(2000))
    (tmp_path / "a.jsonl").write_bytes(data)
    (tmp_path / "b.jsonl.gz").write_bytes(gzipped(data))
    seen: list[tuple[int, int]] = []
    run(tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert {whole for _, whole in seen} == {total}
    assert seen[-1] == (total, total)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_no_temporary_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spool))
    path = tmp_path / "it's *.jsonl"
    path.write_bytes(visitor("a") + b"\n" + b"x" * (16 * 1024 * 1024 + 1))
    assert run(path).report.rejected == 1
    assert list(spool.iterdir()) == []

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, on_rows=stop)
    assert list(spool.iterdir()) == []
