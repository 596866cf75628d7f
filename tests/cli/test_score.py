"""`icpctl score` as people and programs use it."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests import oracle
from tests.long import long, some
from tests.process import COMMAND, ROOT, Ended, environment, icpctl, unless_given

CONFIGS, VISITORS = ROOT / "sample_configs", ROOT / "sample_visitors"
AS_OF = "2026-11-23T12:00:00Z"
FLAT, DIRTY = VISITORS / "visitors.jsonl", VISITORS / "_broken" / "dirty.jsonl"
VERDICT = ["id", "icp_match", "icp", "icp_score", "matches"]


def score(*args: str | Path, cwd: Path, **kwargs: str) -> Ended:
    """Score with the sample configs as of a fixed date."""
    given = unless_given(args, "--dir", CONFIGS, "--as-of", AS_OF)
    return icpctl("score", *given, *args, cwd=cwd, **kwargs)


def jsonl(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def active_configs() -> list[tuple[str, dict[str, Any]]]:
    """The active sample configs in order, as the command gives them."""
    listed = json.loads(icpctl("list", "--active", "-o", "json", cwd=CONFIGS, ICPCTL_DIR=".").out)
    return [(body["slug"], body) for body in listed]


@long
def test_rows_are_what_the_oracle_says(tmp_path: Path) -> None:
    assert score(FLAT, "--out", "m.jsonl", cwd=tmp_path).code == 0
    configs = active_configs()
    expected = []
    for line in FLAT.read_bytes().splitlines():
        record = oracle.read_line(line, first=False)
        assert isinstance(record, dict)
        verdict = oracle.verdict(configs, record, as_of=AS_OF)
        expected.append({"id": record["visitor_id"], **{key: verdict[key] for key in VERDICT[1:]}})
    assert jsonl(tmp_path / "m.jsonl") == expected


@long
def test_the_three_formats_hold_the_same(tmp_path: Path) -> None:
    more = ["--with-line", "--carry", "country", "--carry", "pages", "--carry", "company_size"]
    for name in ("m.jsonl", "m.csv", "m.parquet"):
        files = [FLAT, VISITORS / "webhooks.jsonl"]
        assert score(*files, "--out", name, *more, cwd=tmp_path).code == 0
    rows = jsonl(tmp_path / "m.jsonl")
    assert list(rows[0]) == ["source", "line", *VERDICT, "country", "pages", "company_size"]
    assert len(rows) == 360
    as_text = [
        row
        | {
            "pages": row["pages"]
            and json.dumps(row["pages"], separators=(",", ":"), ensure_ascii=False)
        }
        | {"company_size": None if row["company_size"] is None else str(row["company_size"])}
        for row in rows
    ]
    assert parquet.read_table(tmp_path / "m.parquet").to_pylist() == as_text
    with (tmp_path / "m.csv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file))
    for row, expected in zip(found, as_text, strict=True):
        typed: dict[str, Any] = {key: value or None for key, value in row.items()}
        typed |= {"line": int(row["line"]), "icp_match": row["icp_match"] == "true"}
        typed |= {"icp_score": float(row["icp_score"]), "matches": json.loads(row["matches"])}
        assert typed == expected


def test_the_report_as_json(tmp_path: Path) -> None:
    ended = score(DIRTY, "-o", "json", cwd=tmp_path)
    report = json.loads(ended.out)
    assert ended.code == 1
    assert list(report) == [
        *("asOf", "visitors", "rejected", "fieldWarnings", "unreadFields", "matched", "matchRate"),
        *("configs", "elapsedSeconds"),
    ]
    assert report["asOf"] == AS_OF
    assert (report["visitors"], report["rejected"], report["matched"]) == (5, 8, 1)
    assert (report["matchRate"], report["fieldWarnings"]) == (0.2, {"company_size": 1})
    assert report["configs"][3] == {
        "slug": "dach-manufacturing",
        "label": "DACH: Maschinenbau & Fertigung",
        "priority": 40,
        "matched": 1,
        "first": 1,
        "matchRate": 0.2,
        "averageScore": 60.0,
    }
    assert [it["slug"] for it in report["configs"]] == [slug for slug, _ in active_configs()]
    assert report["configs"][0]["averageScore"] is None


def test_the_report_counts_what_the_rows_say(tmp_path: Path) -> None:
    ended = score(FLAT, "--out", "m.jsonl", "-o", "json", cwd=tmp_path)
    report, rows = json.loads(ended.out), jsonl(tmp_path / "m.jsonl")
    assert report["visitors"] == len(rows)
    assert report["matched"] == sum(row["icp_match"] for row in rows)
    for config in report["configs"]:
        scores = [
            m["score"] for row in rows for m in row["matches"] if m["config"] == config["slug"]
        ]
        assert config["matched"] == len(scores)
        assert config["first"] == sum(row["icp"] == config["slug"] for row in rows)
        assert config["matchRate"] == len(scores) / len(rows)
        assert config["averageScore"] == pytest.approx(sum(scores) / len(scores), abs=0.00501)


def test_a_piped_table_is_aligned_and_whole(tmp_path: Path) -> None:
    ended = score(FLAT, cwd=tmp_path, COLUMNS="40")
    assert (ended.code, ended.err) == (0, "")
    head, _, *table = ended.tabbed.splitlines()
    assert head == "300 visitors, 154 matches (51.3 %); as of 2026-11-23 12:00:00 UTC"
    assert table[0] == "CONFIG\tPRIORITY\tMATCHED\tRATE\tICP OF\tAVG SCORE"
    assert table[2] == "mid-market-fintech\t20\t23\t7.7 %\t23\t63.94"
    assert "\x1b" not in ended.out
    assert "…" not in ended.out


def test_rejected_lines_are_told_and_kept(tmp_path: Path) -> None:
    ended = score(DIRTY, "--rejects", "r.jsonl", "--out", "m.jsonl", "--with-line", cwd=tmp_path)
    assert ended.code == 1
    rejected = jsonl(tmp_path / "r.jsonl")
    assert [it["line"] for it in rejected] == [4, 6, 7, 8, 9, 10, 12, 14]
    assert {it["file"] for it in rejected} == {str(DIRTY)}
    for it in rejected:
        assert f"{DIRTY}:{it['line']}: rejected: {it['reason']}\n" in ended.err
    assert f'{DIRTY}:11: warning: company_size is not a number or a range: "lots"' in ended.err
    assert "error: 8 lines rejected, more than the 0 allowed" in ended.err
    assert [(it["line"], it["id"]) for it in jsonl(tmp_path / "m.jsonl")] == [
        *((1, "good-1"), (2, "good-2"), (5, "good-5"), (11, "warned"), (13, "good-13")),
    ]


@pytest.mark.parametrize(
    ("limit", "code"),
    [("7", 1), ("8", 0), ("61.5%", 1), ("61.6%", 0), ("100%", 0), ("0%", 1), ("0", 1)],
)
def test_max_rejects(tmp_path: Path, limit: str, code: int) -> None:
    assert score(DIRTY, "--max-rejects", limit, cwd=tmp_path).code == code  # 8 of 13 lines


@long
def test_only_matched_rows(tmp_path: Path) -> None:
    score(FLAT, "--out", "all.jsonl", cwd=tmp_path)
    matched = [row for row in jsonl(tmp_path / "all.jsonl") if row["icp_match"]]
    for name in ("m.jsonl", "m.csv", "m.parquet"):
        assert score(FLAT, "--out", name, "--only-matched", cwd=tmp_path).code == 0
    assert jsonl(tmp_path / "m.jsonl") == matched
    assert parquet.read_table(tmp_path / "m.parquet").to_pylist() == matched
    with (tmp_path / "m.csv").open(encoding="utf-8", newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == [row["id"] for row in matched]


@long
def test_nobody_matches(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "a", "city": "Berlin"}\n')
    for name in ("m.jsonl", "m.csv", "m.parquet"):
        ended = score("v.jsonl", "--out", name, "--only-matched", cwd=tmp_path)
        assert (ended.code, ended.out.splitlines()[0][:22]) == (0, "1 visitor, 0 matches (")
    assert (tmp_path / "m.jsonl").read_text() == ""
    assert parquet.read_table(tmp_path / "m.parquet").num_rows == 0


def test_an_empty_export(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").touch()
    for name in ("m.jsonl", "m.csv", "m.parquet"):
        ended = score("v.jsonl", "--out", name, "-o", "json", cwd=tmp_path)
        report = json.loads(ended.out)
        assert (ended.code, report["visitors"], report["matchRate"]) == (1, 0, None)
        assert "v.jsonl: warning: this file has no record of a visitor" in ended.err
    assert (tmp_path / "m.csv").read_text().strip() == ",".join(f'"{name}"' for name in VERDICT)


def test_rows_on_stdout_send_the_report_to_stderr(tmp_path: Path) -> None:
    ended = score(FLAT, "--out", "-", cwd=tmp_path)
    assert len([json.loads(line) for line in ended.out.splitlines()]) == 300
    assert ended.err.startswith("300 visitors, 154 matches")
    ended = score(FLAT, "--out", "-", "-o", "json", cwd=tmp_path)
    assert json.loads(ended.out.splitlines()[299])["id"] == "v300"
    assert json.loads(ended.err)["visitors"] == 300
    failed = score(FLAT, "--out", "-", "-o", "json", "--config", "nosuch", cwd=tmp_path)
    assert (failed.code, failed.out) == (2, "")
    assert json.loads(failed.err[: failed.err.rindex("}") + 1])["code"] == "no_such_slug"


def test_named_configs_and_an_inactive_one(tmp_path: Path) -> None:
    named = ["--config", "legacy-webinar-2024", "--config", "enterprise-saas"]
    report = json.loads(score(FLAT, *named, "-o", "json", cwd=tmp_path).out)
    slugs = [(it["slug"], it["matched"]) for it in report["configs"]]
    assert slugs == [("enterprise-saas", 34), ("legacy-webinar-2024", 13)]


def test_organizations(tmp_path: Path) -> None:
    report = json.loads(score(FLAT, "--org", "tidepool", "-o", "json", cwd=tmp_path).out)
    assert [it["slug"] for it in report["configs"]] == ["hospital-groups", "small-clinics"]


def write_config(folder: Path, *conditions: str, name: str = "one.yaml") -> None:
    folder.mkdir(exist_ok=True)
    lines = "".join(f"        - {it}\n" for it in conditions)
    (folder / name).write_text(
        f"label: One\nrules:\n  groups:\n    - operator: AND\n      conditions:\n{lines}"
    )


def test_as_of_moves_last_seen_days(tmp_path: Path) -> None:
    write_config(tmp_path / "configs", "{type: last_seen_days, comparator: equals, value: 2}")
    (tmp_path / "v.jsonl").write_text('{"id": 1, "last_seen": "2026-11-20T10:00:00Z"}\n')
    for as_of, matched in [
        ("2026-11-22T10:00:00Z", 1),
        ("2026-11-23T09:59:59+00:00", 1),
        ("2026-11-23T10:00:00Z", 0),
        ("2026-11-22", 0),
        ("1795341600", 1),
        ("1795341600000", 1),
    ]:
        args = ["score", "v.jsonl", "--dir", "configs", "--as-of", as_of, "-o", "json"]
        assert json.loads(icpctl(*args, cwd=tmp_path).out)["matched"] == matched, as_of


def test_case_sensitive_as_option_and_setting(tmp_path: Path) -> None:
    write_config(tmp_path / "icp_configs", "{type: city, comparator: equals, value: Bonn}")
    (tmp_path / "v.jsonl").write_text('{"city": "Bonn"}\n{"city": "BONN"}\n')

    def matched(*args: str) -> int:
        report = json.loads(icpctl("score", "v.jsonl", *args, "-o", "json", cwd=tmp_path).out)
        return int(report["matched"])

    assert (matched(), matched("--case-sensitive")) == (2, 1)
    (tmp_path / "icpctl.toml").write_text("case_sensitive = true\n")
    assert (matched(), matched("--ignore-case")) == (1, 2)


def test_visitors_and_mapping_from_the_settings(tmp_path: Path) -> None:
    write_config(tmp_path / "rules", "{type: city, comparator: equals, value: Bonn}")
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / "a.jsonl").write_text('{"who": 7, "Home.Town": {"name": "Bonn"}}\n')
    (tmp_path / "own.yaml").write_text("id: who\ncity: [nothing, '\"Home.Town\".name']\n")
    (tmp_path / "icpctl.toml").write_text(
        'dir = "rules"\nvisitors = "exports/*.jsonl"\nmapping = "own.yaml"\n'
    )
    ended = icpctl("score", "--out", "-", cwd=tmp_path)
    assert json.loads(ended.out) == {
        "id": "7",
        "icp_match": True,
        "icp": "one",
        "icp_score": 100.0,
        "matches": [{"config": "one", "score": 100.0}],
    }
    (tmp_path / "rules" / "deeper").mkdir()
    below = icpctl("score", "--out", "-", cwd=tmp_path / "rules" / "deeper")
    assert below.out == ended.out


@long
def test_stdin_gzip_and_zstd_give_the_same(tmp_path: Path) -> None:
    text = FLAT.read_bytes() + b'{"bad"\n'
    (tmp_path / "v.jsonl.gz").write_bytes(gzip.compress(text))
    with pa.output_stream(tmp_path / "v.ndjson.zst", compression="zstd") as file:
        file.write(text)
    (tmp_path / "v.json").write_bytes(text)
    outs = set()
    for source in ("v.jsonl.gz", "v.ndjson.zst", "v.json", "-"):
        ended = score(source, "--out", "-", cwd=tmp_path, stdin=text.decode())
        assert ended.code == 1
        assert ":301: rejected: the line is cut off" in ended.err
        outs.add(ended.out)
    assert len(outs) == 1


def test_folders_and_globs_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("b.jsonl", "a.ndjson", "c.txt", ".hidden.jsonl"):
        (folder / name).write_text(json.dumps({"id": name}) + "\n")
    for args, expected in [
        (["in"], ["a.ndjson", "b.jsonl", "c.txt"]),
        (["in/b.jsonl", "in"], ["b.jsonl", "a.ndjson", "c.txt"]),
        (["in/*.jsonl", "in/c.txt"], ["b.jsonl", "c.txt"]),
    ]:
        rows = score(*args, "--out", "-", cwd=tmp_path).out.splitlines()
        assert [json.loads(row)["id"] for row in rows] == expected


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "no visitors were named"),
        (["nothing.jsonl"], "nothing.jsonl: error: no such file or folder"),
        (["*.nothing"], "*.nothing: error: no file matches"),
        (
            ["v.jsonl", "--out", "m.txt"],
            "m.txt: error: the extension of the file does not say its format",
        ),
        (
            ["v.jsonl", "--out", "no/m.csv"],
            "cannot write it: its folder does not exist",
        ),
        (
            ["v.jsonl", "--out", "v.jsonl"],
            "v.jsonl: error: this file is already being read or written",
        ),
        (
            ["v.jsonl", "--rejects", "v.jsonl"],
            "v.jsonl: error: this file is already being read or written",
        ),
        (
            ["v.jsonl", "--out", "m.jsonl", "--rejects", "./m.jsonl"],
            "m.jsonl: error: this file is already being read or written",
        ),
        (
            ["v.jsonl", "--out", "m.csv", "--carry", "id"],
            "--carry id: the rows already have a column of this name",
        ),
        (["v.jsonl", "--out", "m.csv", "--carry", "a..b"], "--carry 'a..b': no key at character 3"),
        (["v.jsonl", "--as-of", "soon"], "--as-of 'soon' is not a valid date"),
        (["v.jsonl", "--max-rejects", "-1"], "--max-rejects '-1' is not a limit"),
        (["v.jsonl", "--max-rejects", "101%"], "--max-rejects '101%' is not a limit"),
        (["v.jsonl", "--config", "nosuch"], "no config 'nosuch'"),
        (["v.jsonl", "--config", "../x"], "'../x' cannot name a config"),
        (["v.jsonl", "--org", "nosuch"], "no organization 'nosuch'"),
        (["v.jsonl", "--mapping", "nosuch"], "unknown mapping 'nosuch'"),
        (["v.jsonl", "--nosuch"], "unknown option"),
    ],
)
def test_a_call_that_cannot_be_carried_out(tmp_path: Path, args: list[str], message: str) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "kept"}\n')
    ended = score(*args, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "Traceback" not in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["v.jsonl"]
    assert (tmp_path / "v.jsonl").read_text() == '{"id": "kept"}\n'


def test_an_invalid_config_stops_the_run(tmp_path: Path) -> None:
    write_config(tmp_path / "icp_configs", "{type: industri, comparator: exists}")
    (tmp_path / "v.jsonl").write_text("{}\n")
    ended = icpctl("score", "v.jsonl", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "one.yaml:6:18: error[ICP201] unknown condition type" in ended.err


def test_a_full_disk(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        return
    (tmp_path / "m.jsonl").symlink_to("/dev/full")
    ended = score(FLAT, "--out", "m.jsonl", "--rejects", "r.jsonl", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("m.jsonl: error: cannot write it: No space left on device\n")
    assert not (tmp_path / "r.jsonl").exists()


def test_a_closed_stdin_is_no_empty_export(tmp_path: Path) -> None:
    shell = f"{sys.executable} -m icpctl score - --dir {CONFIGS} <&-"
    ended = subprocess.run(
        ["bash", "-c", shell], cwd=tmp_path, env=environment(), capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.startswith(b"error: stdin is closed\n  hint: ")


@pytest.mark.parametrize(
    "call",
    [
        ("score", DIRTY, "--dir", ROOT / "sample_configs", "--rejects", "r.csv"),
        ("rollup", DIRTY, "--out", "v.jsonl", "--rejects", "r.parquet"),
        ("prove", "--witnesses", "w.csv"),
    ],
)
def test_json_lines_are_not_called_another_format(
    tmp_path: Path, call: tuple[str | Path, ...]
) -> None:
    ended = icpctl(*call, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert f"{call[-1]}: error: {call[-2]} writes JSON lines\n  hint: end it in .jsonl" in ended.err
    assert not list(tmp_path.iterdir())


def test_a_config_is_named_as_texts_are_compared(tmp_path: Path) -> None:
    ended = score(FLAT, "--config", " High-Intent", "-o", "json", cwd=tmp_path)
    assert [config["slug"] for config in json.loads(ended.out)["configs"]] == ["high-intent"]


def test_stdin_is_read_once(tmp_path: Path) -> None:
    ended = score("-", "-", "-o", "json", cwd=tmp_path, stdin=FLAT.read_text("utf-8"))
    assert (json.loads(ended.out)["visitors"], ended.err) == (300, "")


def test_rejects_need_a_file(tmp_path: Path) -> None:
    ended = score(DIRTY, "--rejects", "-", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: --rejects takes a file, not stdout\n  hint: ")
    assert not list(tmp_path.iterdir())


def test_a_name_that_says_no_format(tmp_path: Path) -> None:
    ended = score(FLAT, "--out", "m", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == (
        "m: error: the extension of the file does not say its format\n"
        "  hint: end it in one of .jsonl, .ndjson, .csv, .parquet; - is JSONL on stdout\n"
    )


def test_an_early_date_has_its_four_digits(tmp_path: Path) -> None:
    ended = icpctl("score", FLAT, "--dir", CONFIGS, "--as-of", "0001-02-03", cwd=tmp_path)
    assert ended.out.splitlines()[0].endswith("; as of 0001-02-03 00:00:00 UTC")


def test_a_replaced_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    real = tmp_path / "real.jsonl"
    real.write_text("old")
    real.chmod(0o600)
    (tmp_path / "m.jsonl").symlink_to("real.jsonl")
    assert score(FLAT, "--out", "m.jsonl", cwd=tmp_path).code == 0
    assert (tmp_path / "m.jsonl").is_symlink()
    assert len(jsonl(real)) == 300
    assert real.stat().st_mode & 0o777 == 0o600


def test_a_closed_pipe_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "a"}\n' * 200_000)
    command = [*COMMAND, "score", "v.jsonl", "--dir", str(CONFIGS), "--out", "-"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"id":"a"')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


# Stops in the middle of a run: some rows are written, and more are to come.
STOPS = """
import signal, sys, time
import icpctl.output.verdict_rows as rows
from icpctl.__main__ import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs inherit deaf ears

def stop(self, batch):
    write(self, batch)
    print("ready", flush=True)
    time.sleep(60)

write = rows.Parquet.write
rows.Parquet.write = stop
main()
"""


@long
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 130), (signal.SIGTERM, 143)],
)
def test_an_interrupted_run_leaves_the_old_file(tmp_path: Path, sent: int, code: int) -> None:
    out, spool = tmp_path / "m.parquet", tmp_path / "spool"
    out.write_text("old")
    spool.mkdir()
    args = ["score", str(FLAT), "--dir", str(CONFIGS), "--out", "m.parquet"]
    with subprocess.Popen(
        [sys.executable, "-c", STOPS, *args],
        cwd=tmp_path,
        env=environment(TMPDIR=str(spool)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(sent)
        assert process.wait(60) == code
        assert process.stderr.read() == b""
    assert out.read_text() == "old"
    left = [path.name for path in tmp_path.iterdir() if ".icpctl-new" not in path.name]
    assert sorted(left) == ["m.parquet", "spool"]
    if sent != signal.SIGKILL:
        assert not os.listdir(spool)


def test_full_json_has_what_the_report_shows(tmp_path: Path) -> None:
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "big.yaml").write_text(
        "label: Big\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: company_size, comparator: gte, value: 50}\n"
        "        - {type: country, comparator: equals, value: US, optional: true}\n"
    )
    visitors = [
        {"id": "a", "company_size": 60, "country": "US", "last_seen": "2026-11-20"},
        {"id": "b", "company_size": 70, "country": "DE", "last_seen": "2026-11-21"},
        {"id": "c", "company_size": 7, "country": "DE"},
    ]
    (tmp_path / "v.jsonl").write_text("".join(f"{json.dumps(it)}\n" for it in visitors))
    plain = json.loads(icpctl("score", "v.jsonl", "-o", "json", cwd=tmp_path).out)
    found = json.loads(icpctl("score", "v.jsonl", "-o", "json", "--full", cwd=tmp_path).out)
    del plain["elapsedSeconds"], found["elapsedSeconds"], plain["asOf"], found["asOf"]
    assert {key: found[key] for key in plain} == plain
    steps = [0] * 20
    steps[10] = steps[19] = 1
    assert (found["histogramStep"], found["histograms"]) == (5, {"big": steps})
    assert [(it["date"], it["visitors"], it["matched"]) for it in found["days"]] == [
        ("2026-11-20", 1, 1),
        ("2026-11-21", 1, 1),
        (None, 1, 0),
    ]
    countries = next(it for it in found["breakdowns"] if it["field"] == "country")
    assert [(it["value"], it["visitors"]) for it in countries["values"]] == [("DE", 2), ("US", 1)]
    best = [(it["id"], it["icp_score"], it["country"]) for it in found["bestVisitors"]]
    assert best == [("a", 100.0, "US"), ("b", 50.0, "DE")]
    [match] = found["bestVisitors"][0]["matches"]
    assert (match["slug"], match["groups"][0]["conditions"][0]["seen"]) == ("big", 60)
    ended = icpctl("score", "v.jsonl", "--full", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: --full needs -o json")


@pytest.mark.parametrize("visitor", some(["  ::set-output a::b", "::error::x", "::group::"]))
def test_no_line_begins_as_a_command_of_a_runner(tmp_path: Path, visitor: str) -> None:
    """GitHub's runners obey lines that begin with two colons, blanks aside."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "all.yaml").write_text(
        "label: All\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: country, comparator: equals, value: US}\n"
    )
    record = {"id": visitor, "country": "US", "industry": visitor}
    (tmp_path / "v.jsonl").write_text(json.dumps(record) + "\n{]\n")
    (tmp_path / "::error::.jsonl").write_text("{]\n")
    for args in (
        ["score", "v.jsonl"],
        ["score", "::error::.jsonl"],
        ["stats", "v.jsonl", "--by", "industry"],
        ["explain", "v.jsonl", "--line", "1"],
        ["inspect", "::error::.jsonl"],
    ):
        ended = icpctl(*args, cwd=tmp_path)
        lines = [line for line in (ended.out + ended.err).splitlines() if line.strip()]
        assert not [line for line in lines if line.lstrip().startswith("::")]
        assert lines
