"""A comparator is its entry, its kernel and its SQL; a negative is its entry alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from icpctl.cli.app import app
from icpctl.scoring.value_bits import KERNELS
from icpctl.vocabulary import COMPARATORS, Comparator, Kind, Shape

CONFIG = """\
label: Not in a trial
rules:
  groups:
    - operator: AND
      conditions:
        - {type: utm_campaign, comparator: not_starts_with, value: [trial_, test_]}
        - {type: page_contains, comparator: not_starts_with, value: /jobs, optional: true}
"""
TEST = """\
tests:
  - {visitor: {utm_campaign: Trial_1}, match: false, fails: utm_campaign not_starts_with}
  - {visitor: {utm_campaign: spring, pages: [/jobs]}, match: true, score: 50}
"""
VISITORS = [{"id": "a", "utm_campaign": "TRIAL_x"}, {"id": "b", "utm_campaign": "x_trial_"}]
COMMANDS = [
    ["validate"],
    ["validate", "--prove"],
    ["test", "--mutate", "--coverage"],
    ["schema"],
    ["describe"],
    ["describe", "not_starts_with"],
    ["list"],
    ["get", "calm", "-o", "table"],
    ["get", "calm", "--expand"],
    ["create", "other", "--where", "city not_starts_with Mun"],
    ["score", "v.jsonl", "--out", "-"],
    ["explain", "v.jsonl", "--id", "a"],
    ["stats", "v.jsonl"],
    ["insight", "v.jsonl"],
    ["impact", "v.jsonl", "--base-dir", "base"],
    ["sql", "--dialect", "duckdb", "--table", "visitors"],
    ["prove"],
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace whose config uses a comparator that was added to the vocabulary."""
    entry = Comparator(
        "not_starts_with",
        frozenset({Kind.TEXT, Kind.PAGES}),
        Shape.TEXTS,
        "starts_with does not hold",
        "{type: utm_campaign, comparator: not_starts_with, value: trial_}",
        "starts_with",
    )
    monkeypatch.setitem(COMPARATORS, entry.name, entry)
    monkeypatch.chdir(tmp_path)
    Path("icp_configs").mkdir()
    Path("base").mkdir()
    Path("icp_configs/calm.yaml").write_text(CONFIG, "utf-8")
    Path("base/calm.yaml").write_text(CONFIG.replace("trial_, ", ""), "utf-8")
    Path("icp_configs/calm.test.yaml").write_text(TEST, "utf-8")
    Path("v.jsonl").write_text("".join(json.dumps(it) + "\n" for it in VISITORS), "utf-8")
    return tmp_path


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_takes_a_comparator_that_is_added(command: list[str]) -> None:
    result = CliRunner().invoke(app, command)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert result.exit_code in (0, 1), result.output
    assert "internal error" not in result.output


@pytest.mark.usefixtures("folder")
def test_it_holds_exactly_when_its_opposite_does_not() -> None:
    result = CliRunner().invoke(app, ["score", "v.jsonl", "--out", "rows.jsonl"])
    assert result.exit_code == 0, result.output
    rows = [json.loads(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["icp"]) for row in rows] == [("a", None), ("b", "calm")]


@pytest.mark.parametrize("entry", COMPARATORS.values(), ids=COMPARATORS.keys())
def test_an_entry_has_what_is_asked_of_it(entry: Comparator) -> None:
    positive = entry.positive
    assert positive.negates is None
    assert entry.test in KERNELS
    for kind, phrase in (
        (Kind.TEXT, positive.phrases.text),
        (Kind.PAGES, positive.phrases.pages),
        (Kind.NUMBER, positive.phrases.number),
    ):
        assert phrase or kind not in positive.kinds, kind
    for other in (positive.looser, positive.mutant):
        assert other is None or COMPARATORS[other].kinds & positive.kinds
