"""`validate --api`: every extension is reported, and no hint changes what a rule means."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

CONDITION = "{type: job_title, comparator: equals, value: CTO}"


@pytest.mark.parametrize(
    ("top", "condition", "messages", "hint"),
    [
        ("", CONDITION, [], ""),
        ("", CONDITION.replace("}", ", weight: 1}"), ["a weight"], "remove it"),
        ("minScore: 50", CONDITION, ["minScore"], "make required"),
        ("minScore: 0", CONDITION, ["minScore"], "remove it"),
        ("exclude: true", CONDITION, ["exclude"], "leave the config out"),
        ("exclude: false", CONDITION, ["exclude"], "remove it"),
        (
            "",
            "{type: job_title, comparator: contains_word, value: CTO}",
            ["contains_word"],
            "contains is the nearest, but it does not mean the same",
        ),
        (
            "",
            "{type: job_title, comparator: not_contains_word, value: CTO}",
            ["not_contains_word"],
            "not_contains is the nearest, but",
        ),
        (
            "",
            "{type: job_title, comparator: starts_with, value: [VP, Head]}",
            ["a list for starts_with"],
            "a condition for each value in an OR group",
        ),
        (
            "",
            "{type: job_title, comparator: not_contains, value: [VP, Head]}",
            ["a list for not_contains"],
            "a condition for each value in an AND group",
        ),
        (
            "",
            "{type: job_title, comparator: in, value: {list: titles}}",
            ["a named list"],
            "get SLUG --expand",
        ),
        (
            "",
            "{type: field.revenue, comparator: gt, value: 5}",
            ["field.revenue is a custom field"],
            "built-in",
        ),
    ],
)
def test_extensions_are_reported(
    tmp_path: Path, top: str, condition: str, messages: list[str], hint: str
) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "titles.txt").write_text("CTO\n")
    (tmp_path / "fields.yaml").write_text("revenue: {kind: number, paths: [revenue]}\n")
    (tmp_path / "a.yaml").write_text(
        f"label: A\n{top}\nrules: {{groups: [{{operator: AND, conditions: [{condition}]}}]}}\n"
    )
    ended = icpctl("validate", "--dir", ".", "--api", "-o", "json", cwd=tmp_path)
    findings = [f for f in json.loads(ended.out)["findings"] if f["code"] == "ICP901"]
    assert ended.code == bool(messages)
    assert len(findings) == len(messages)
    for finding, message in zip(findings, messages, strict=True):
        assert finding["message"].startswith(message)
        assert finding["line"] > 1
        assert hint in finding["hint"]
