"""Slips at the keyboard: what is wrong and what to do, in the style of all errors."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.long import long
from tests.process import ROOT, icpctl, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

CONFIGS, FLAT = ROOT / "sample_configs", ROOT / "sample_visitors" / "visitors.jsonl"
AS_OF = "2026-11-23T12:00:00Z"

SLIPS = {
    "score --nope": ("unknown option --nope", "icpctl score -h lists the options"),
    "score --mappin x": ("unknown option --mappin", "did you mean --mapping?"),
    "scor x": ("unknown command 'scor'", "did you mean score?"),
    "nonsense": ("unknown command 'nonsense'", "icpctl -h lists the commands"),
    "prove nonsense": ("unknown command 'nonsense'", "icpctl prove -h lists the commands"),
    "explain x --line abc": ("--line must be a whole number", "icpctl explain -h"),
    "explain x --line 0": ("--line must be at least 1", "icpctl explain -h"),
    "explain x --line 1.5": ("--line must be a whole number", "icpctl explain -h"),
    "create x --label L --priority high": ("--priority must be a whole number", "icpctl create"),
    "create x --label L --min-score high": ("--min-score must be a number", "icpctl create"),
    "list -o jsn": ("--output: 'jsn' is not one of table, json, yaml, name", "did you mean json?"),
    "score -o xml": ("--output: 'xml' is not one of table, tsv, json", "icpctl score -h"),
    "get": ("SLUG is missing", "icpctl list shows the configs"),
    "delete": ("SLUG is missing", "icpctl list shows the configs"),
    "get a b": ("unexpected argument: b", "icpctl get -h"),
    "list --dir": ("--dir needs a value", "icpctl list -h shows"),
    "list --active=3": ("--active takes no value", "icpctl list -h shows"),
    "prove witnesses a --timeout": ("--timeout needs a value", "icpctl prove witnesses -h"),
    "list --active --inactive": (
        "--active and --inactive cannot be used together",
        "give one of them",
    ),
    "update a --priority 1 --no-priority": (
        "--priority and --no-priority cannot be used together",
        "give one of them",
    ),
    "explain x --id 1 --line 2": ("--line and --id cannot be used together", "give one of them"),
    "explain x --by domain --line 2": (
        "--line and --by cannot be used together",
        "give one of them",
    ),
    "explain x": ("the visitor to explain is missing", "give --id ID or --line N"),
    "outcomes x --won y --unit acount": (
        "--unit: 'acount' is not one of account, visitor",
        "did you mean account?",
    ),
    "score x --as-of 1 --as-of 2": ("--as-of is given twice, but takes one value", "score -h"),
    "score x --out a.csv --out b.csv": ("--out is given twice, but takes one value", "score -h"),
    "get a --org x --org y": ("--org is given twice, but takes one value", "get -h"),
    "score x --as-of=": ("--as-of: the value is empty", "score -h"),
    "scroe": ("unknown command 'scroe'", "did you mean score?"),
    "score --format json": ("unknown option --format", "did you mean --output?"),
    "list --json": ("unknown option --json", "did you mean -o json?"),
    "stats --since 2026-11-01": ("unknown option --since", "did you mean --from?"),
    "score --since 2026-11-01": ("unknown option --since", "icpctl score -h lists"),
    "score --limit 5": ("unknown option --limit", "icpctl score ... | head -5"),
    "list --limit 5": ("unknown option --limit", "icpctl list -h lists"),
    "score --visitors v.csv": (
        "unknown option --visitors",
        "name the files without an option: icpctl score visitors.csv",
    ),
    "score v.csv --output out.csv": (
        "--output: 'out.csv' is not one of table, tsv, json",
        "did you mean --out out.csv?",
    ),
    "stats v.csv --output out.csv": (
        "--output: 'out.csv' is not one of table, tsv, json",
        "icpctl stats -h shows",
    ),
    "apply": ("no file or folder of configs is named", "name them, such as new_configs"),
    "diff": ("no file or folder of configs is named", "name them, such as new_configs"),
}
"""A call -> its message, and what its hint holds."""

OF_LIBRARIES = ("Usage:", "Input should", "Value error", "Invalid value", "Traceback", "pydantic")


@pytest.mark.parametrize("call", SLIPS)
def test_a_slip_reads_like_any_other_error(call: str, tmp_path: Path) -> None:
    message, hint = SLIPS[call]
    ended = icpctl(*call.split(), cwd=tmp_path)
    first, second = ended.err.splitlines()
    assert (ended.code, ended.out, first) == (2, "", f"error: {message}")
    assert second.startswith("  hint: ")
    assert hint in second
    assert not [words for words in OF_LIBRARIES if words in ended.err]


def test_a_slip_as_json(tmp_path: Path) -> None:
    ended = icpctl("get", "-o", "json", cwd=tmp_path)
    assert json.loads(ended.out) == {
        "code": "bad_usage",
        "message": "SLUG is missing",
        "details": {"hint": "icpctl list shows the configs"},
    }


@long
def test_no_columns_are_the_terminal_s_or_80(tmp_path: Path) -> None:
    call = ("score", FLAT, "--dir", CONFIGS, "--as-of", AS_OF)
    expected = icpctl(*call, cwd=tmp_path).out
    assert icpctl(*call, cwd=tmp_path, COLUMNS="0").out == expected
    assert icpctl("score", "--help", cwd=tmp_path, COLUMNS="0").code == 0
    shell = f"icpctl list --dir '{CONFIGS}'"
    usual = on_terminal(shell, cwd=tmp_path)
    assert on_terminal(shell, cwd=tmp_path, COLUMNS="0") == usual
    assert max(map(len, usual.splitlines())) <= 80


def test_tsv_is_for_programs(tmp_path: Path) -> None:
    call = ("score", FLAT, "--dir", CONFIGS, "--as-of", AS_OF)
    body = json.loads(icpctl(*call, "-o", "json", cwd=tmp_path).out)
    head, *rows = icpctl(*call, "-o", "tsv", cwd=tmp_path).out.splitlines()
    names = head.split("\t")
    assert names == ["slug", "label", "priority", "matched", "first", "matchRate", "averageScore"]
    assert [row.split("\t") for row in rows] == [
        ["" if config[name] is None else str(config[name]) for name in names]
        for config in body["configs"]
    ]
    shell = f"icpctl score '{FLAT}' --dir '{CONFIGS}' --as-of {AS_OF} -o tsv"
    assert on_terminal(shell, cwd=tmp_path, columns=40).splitlines() == [head, *rows]


def test_tsv_of_statistics_has_every_day(tmp_path: Path) -> None:
    call = ("stats", FLAT, "--dir", CONFIGS, "--as-of", AS_OF, "--by", "utm_medium")
    body = json.loads(icpctl(*call, "-o", "json", cwd=tmp_path).out)
    configs, values, days = icpctl(*call, "-o", "tsv", cwd=tmp_path).out.split("\n\n")
    assert configs.count("\n") == len(body["configs"])
    assert values.splitlines()[0] == "utm_medium\tvisitors\tmatched\tmatchRate"
    rows = [line.split("\t")[:3] for line in days.splitlines()[1:]]
    assert rows == [
        [day["date"] or "", str(day["visitors"]), str(day["matched"])] for day in body["days"]
    ]


def test_a_warning_a_field_on_stderr(tmp_path: Path) -> None:
    records = [{"company_size": value} for value in ("lots", 3, "lots", "many", "few", "none")]
    records.append({"session_count": True})
    text = "".join(json.dumps(record) + "\n" for record in records)
    (tmp_path / "v.jsonl").write_text(text)
    ended = icpctl("score", "v.jsonl", "--dir", CONFIGS, "--as-of", AS_OF, cwd=tmp_path)
    warnings = [line for line in ended.err.splitlines() if re.match(r"v\.jsonl:\d+: warning", line)]
    assert warnings == [
        "v.jsonl:1: warning: 5 values of company_size are not a number or a range: "
        '"lots" (2 times), "many", "few" and others; they count as missing; '
        "also on lines 3, 4 and more",
        "v.jsonl:7: warning: session_count is not a number: true; it counts as missing",
    ]


def test_what_was_written_is_said_in_one_line(tmp_path: Path) -> None:
    files = ("--out", "m.csv", "--rejects", "r.jsonl", "--report", "r.html")
    ended = icpctl("score", FLAT, "--dir", CONFIGS, "--as-of", AS_OF, *files, cwd=tmp_path)
    (line,) = ended.err.splitlines()
    assert line.startswith("wrote m.csv, r.jsonl and r.html in ")
    assert line.endswith(" s")
    to_stdout = icpctl("score", FLAT, "--dir", CONFIGS, "--out", "-", cwd=tmp_path)
    assert "wrote" not in to_stdout.err


def test_validate_reads_stdin(tmp_path: Path) -> None:
    good = (CONFIGS / "enterprise-saas.yaml").read_text("utf-8")
    ended = icpctl("validate", "-", cwd=tmp_path, stdin=good)
    assert (ended.code, ended.err) == (0, "0 errors, 0 warnings in 1 file\n")
    bad = icpctl("validate", "-", cwd=tmp_path, stdin="etag: 1\nlabel: X\nrule: {}\n")
    assert bad.code == 1
    assert "<stdin>:3:1: error[ICP102] unknown key 'rule'" in bad.out
    noted = icpctl("validate", "-", cwd=tmp_path, stdin='{\n  // mine\n  "label": "A"}')
    assert "  hint: JSON has no comments\n" in noted.out
    listed = icpctl("list", "--dir", CONFIGS, "-o", "json", cwd=tmp_path).out
    assert icpctl("validate", "-", cwd=tmp_path, stdin=listed).code == 0
    wrong = listed.replace('"operator": "AND"', '"operator": "XOR"', 1)
    ended = icpctl("validate", "-", cwd=tmp_path, stdin=wrong)
    assert ended.code == 1
    assert "unknown operator 'XOR'" in ended.out


def test_stdin_may_use_what_the_folder_defines(tmp_path: Path) -> None:
    (tmp_path / "icp_configs").mkdir()
    fields = "annual_revenue: {kind: number, paths: [Annual Revenue]}\n"
    (tmp_path / "icp_configs" / "fields.yaml").write_text(fields)
    condition = {"type": "field.annual_revenue", "comparator": "gte", "value": 1}
    rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
    text = json.dumps({"label": "X", "rules": rules})
    assert icpctl("validate", "-", cwd=tmp_path, stdin=text).code == 0
    assert icpctl("validate", "-", "--dir", "none", cwd=tmp_path, stdin=text).code == 1


@pytest.mark.parametrize("option", ["-f", "--file"])
def test_apply_and_diff_take_files_as_kubectl_does(option: str, tmp_path: Path) -> None:
    source = CONFIGS / "enterprise-saas.yaml"
    difference = icpctl("diff", option, source, "--dir", "c", cwd=tmp_path)
    assert (difference.code, difference.err) == (1, "1 to create\n")
    applied = icpctl("apply", option, source, "--dir", "c", cwd=tmp_path)
    assert (applied.code, applied.err) == (0, "1 created\n")
    assert (tmp_path / "c" / source.name).read_bytes() == source.read_bytes()


def test_a_home_folder_in_the_settings_and_in_the_editor(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "configs").mkdir(parents=True)
    source = (CONFIGS / "enterprise-saas.yaml").read_text("utf-8")
    (home / "configs" / "enterprise-saas.yaml").write_text(source)
    (tmp_path / "icpctl.toml").write_text('dir = "~/configs"\n')
    listed = icpctl("list", "-o", "name", cwd=tmp_path, HOME=str(home))
    assert (listed.code, listed.out) == (0, "enterprise-saas\n")
    (home / "relabel").write_text("#!/bin/sh\nsed -i 's/^label: .*/label: New/' \"$1\"\n")
    (home / "relabel").chmod(0o755)
    for editor in ("~/relabel", "$HOME/relabel"):
        (home / "configs" / "enterprise-saas.yaml").write_text(source)
        ended = icpctl("edit", "enterprise-saas", cwd=tmp_path, HOME=str(home), EDITOR=editor)
        assert ended.code == 0, ended.err
        assert "label: New" in (home / "configs" / "enterprise-saas.yaml").read_text("utf-8")
