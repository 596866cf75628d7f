"""`describe` and `schema` as processes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from icpctl.features.describe.printing import body, print_text
from icpctl.features.editing.schema.config_schema import config_schema
from icpctl.findings.codes import CODES
from icpctl.vocabulary import BUILT_IN, COMPARATORS, CONDITION_TYPES
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [*CONDITION_TYPES, *COMPARATORS, *CODES]


def test_the_schema_is_printed(tmp_path: Path) -> None:
    ended = icpctl("schema", cwd=tmp_path)
    assert (ended.code, json.loads(ended.out), ended.err) == (0, config_schema(), "")


def test_everything_in_short(tmp_path: Path) -> None:
    ended = icpctl("describe", cwd=tmp_path)
    assert (ended.code, ended.err) == (0, "")
    types, comparators, codes = ended.tabbed.split("\n\n")
    for text, known in ((types, CONDITION_TYPES), (comparators, COMPARATORS), (codes, CODES)):
        assert [line.split("\t")[0] for line in text.splitlines()[1:]] == list(known)


def test_a_type(tmp_path: Path) -> None:
    assert icpctl("describe", "icp_score", cwd=tmp_path) == (
        0,
        "icp_score\n  score that the export carries, 0 to 100\n\n"
        "FIELD        VALUE\nkind         number\nrange        0, 100\n"
        "comparators  equals, in, gt, gte, lt, lte, between, exists, not_equals, not_in, "
        "not_exists\n\nexample\n  {type: icp_score, comparator: gte, value: 70}\n",
        "",
    )


def test_a_comparator(tmp_path: Path) -> None:
    ended = icpctl("describe", "between", cwd=tmp_path)
    assert ended.out.startswith("between\n  holds when min <= number <= max\n")
    assert "\nvalue\t[min, max] with min <= max\n" in ended.tabbed


def test_a_code(tmp_path: Path) -> None:
    assert icpctl("describe", "icp102", cwd=tmp_path) == (
        0,
        "ICP102\n  an unknown key\n\n"
        "This key does not belong here. Misspelt keys are errors, so that none is silently "
        "ignored.\n\n"
        "FIELD     VALUE\nseverity  error\n\n"
        "bad\n  label: SaaS\n  priorty: 1\n\ngood\n  label: SaaS\n  priority: 1\n",
        "",
    )


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_explained(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_text(word, BUILT_IN)
    out = capsys.readouterr().out
    assert out.startswith(f"{word}\n  ")
    assert all(it.isprintable() or it in "\n\t" for it in out)
    assert json.loads(json.dumps(body(word, BUILT_IN)))["name"] == word


def test_as_json(tmp_path: Path) -> None:
    printed = json.loads(icpctl("describe", "gte", "-o", "json", cwd=tmp_path).out)
    assert printed == body("gte", BUILT_IN)
    everything = json.loads(icpctl("describe", "-o", "json", cwd=tmp_path).out)
    assert [it["name"] for key in everything for it in everything[key]] == WORDS


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("pageContain", "did you mean page_contains?"),
        ("ICP999", "did you mean ICP399?"),
        ("%&", "icpctl describe lists them all"),
    ],
)
def test_an_unknown_word(tmp_path: Path, word: str, hint: str) -> None:
    ended = icpctl("describe", word, cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(
        f"is not a condition type, comparator or finding code\n  hint: {hint}\n"
    )
