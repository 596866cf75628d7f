"""Warnings in one config and among the configs of a folder: code, place, and what gives none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from icpctl import Workspace
from icpctl.config.named_files import load_paths
from tests.config.marked import RULES, check, conditions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "lines",
    [
        ["{type: city, comparator: in, value: [a, b, <ICP301>A, <ICP301><ICP310>' a ']}"],
        ["{type: session_count, comparator: in, value: [1, <ICP301>1.0]}"],
        [
            "{type: city, comparator: equals, value: Paris}",
            "<ICP303>{type: city, comparator: equals, value: paris, optional: true, weight: 3}",
            "{type: city, comparator: not_equals, value: paris}",
            "{type: region, comparator: equals, value: Paris}",
        ],
        [
            "{type: city, comparator: in, value: [a, b]}",
            "<ICP303>{type: city, comparator: in, value: [B, A]}",
            "{type: city, comparator: in, value: [a]}",
        ],
        [
            "{type: session_count, comparator: between, value: [1, 2]}",
            "{type: session_count, comparator: between, value: [1, 3]}",
        ],
        [
            "{type: city, comparator: exists}",
            "<ICP303>{type: city, comparator: exists, value: true}",
        ],
        ["{type: city, comparator: exists}", "{type: city, comparator: exists, value: false}"],
    ],
)
def test_repeated_values_and_conditions(lines: list[str]) -> None:
    check(conditions(*lines))


def test_a_group_without_required_conditions_matches_everyone() -> None:
    group = "operator: {}\n      conditions:\n        - {{type: city, comparator: exists{}}}\n"
    optional = ", optional: true"
    check(
        "label: SaaS\nrules:\n  groups:\n"
        f"    - <ICP302>{group.format('AND', optional)}"
        f"    - {group.format('AND', '')}"
        f"    - <ICP302>{group.format('OR', optional)}"
    )
    check(f"label: SaaS\nminScore: 1\nrules:\n  groups:\n    - {group.format('AND', optional)}")


@pytest.mark.parametrize(
    ("comparator", "value"),
    [
        ("equals", "/pricing"),
        ("equals", "/"),
        ("equals", "example.com/pricing?plan=1"),
        ("equals", "https://www.example.com/"),
        ("equals", "localhost/pricing"),
        ("equals", "intranet:8080/wiki"),
        ("in", "[/pricing, example.com/pricing]"),
        ("contains", "pricing"),
        ("starts_with", "/pricing?plan="),
        ("ends_with", "pricing"),
        ("equals", "<ICP307>pricing"),
        ("equals", "<ICP307>pricing/plans?x=a.b"),
        ("equals", "<ICP215>/pricing?plan=1"),
        ("not_equals", "<ICP215>/pricing#plans"),
        ("not_in", '[<ICP215>" /a?b", "/a", <ICP215>"/b#c", "a.example/?b"]'),
        ("equals", "<ICP307>/our pricing"),
        ("equals", '<ICP307>"#top"'),
        ("not_equals", "<ICP307>https://"),
        ("contains", "<ICP307>our pricing"),
        ("starts_with", "<ICP307>/our pricing"),
        ("has_all", "[/pricing, <ICP307>demo, '/docs', <ICP307>'/a b']"),
        ("exists", "true"),
    ],
)
def test_pages_that_can_match_no_url(comparator: str, value: str) -> None:
    check(conditions(f"{{type: page_equals, comparator: {comparator}, value: {value}}}"))


def test_parts_of_pages_may_be_anything() -> None:
    check(conditions("{type: page_contains, comparator: has_any, value: [pricing, a b, /x?y]}"))


def config(head: str, condition: str = "{type: industry, comparator: exists}") -> str:
    return head + conditions(condition).removeprefix("label: SaaS\n")


def found(*texts: str, tmp_path: Path, names: str = "abcdef") -> list[str]:
    """`FILE:LINE:COLUMN CODE MESSAGE` of each finding in files `a.yaml`, `b.yaml`, ..."""
    for name, text in zip(names, texts, strict=False):
        (tmp_path / f"{name}.yaml").write_text(text)
    findings = Workspace(tmp_path).load().findings
    assert [it.severity for it in findings] == ["warning"] * len(findings)
    return [
        f"{str(it.location).removeprefix(f'{tmp_path}/')} {it.code} {it.message}" for it in findings
    ]


def field(name: str) -> str:
    return f"{{type: {name}, comparator: exists}}"


def test_two_active_configs_with_one_priority(tmp_path: Path) -> None:
    assert found(
        config("label: A\npriority: 10\n", field("city")),
        config("priority: 10\nlabel: B\n", field("region")),
        config("label: C\npriority: 10\nisActive: false\n", field("country")),
        config("label: D\n", field("domain")),
        config("label: E\n", field("job_title")),
        config("label: F\npriority: 1e1\n", field("industry")),
        tmp_path=tmp_path,
    ) == [
        "b.yaml:1:11 ICP304 a.yaml also has the priority 10",
        "f.yaml:2:11 ICP304 a.yaml also has the priority 10",
    ]


def test_two_configs_with_one_label(tmp_path: Path) -> None:
    assert found(
        config("label: SaaS\npriority: 2\n", field("city")),
        config("priority: 1\nlabel: ' saas '\n", field("region")),
        tmp_path=tmp_path,
    ) == ["a.yaml:1:8 ICP305 b.yaml also has the label 'SaaS'"]


def test_two_configs_with_the_same_rules(tmp_path: Path) -> None:
    one, two = field("city"), "{type: region, comparator: in, value: [a, b]}"
    swapped = "{type: region, comparator: in, value: [B, a]}"
    heavier = "{type: region, comparator: in, value: [a, b], weight: 2}"
    entry = "\n        - "
    assert found(
        config("label: A\n", one + entry + two),
        config("label: B\nisActive: no\n", swapped + entry + one),
        config("label: C\n", one + entry + heavier),
        config("label: D\n", one),
        tmp_path=tmp_path,
    ) == ["b.yaml:4:3 ICP306 a.yaml has the same rules"]


def test_files_of_other_folders_are_not_compared(tmp_path: Path) -> None:
    (tmp_path / "acme").mkdir()
    for path in ("a.yaml", "acme/b.yaml"):
        (tmp_path / path).write_text("label: SaaS\npriority: 1\n" + RULES)
    assert load_paths([tmp_path]).findings == []


def test_files_named_together_are_compared_once(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(f"label: {name}\n" + RULES)
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for paths in (files, [*files, tmp_path], [tmp_path, *files]):
        loaded = load_paths(paths)
        assert [(it.code, it.location.line) for it in loaded.findings] == [("ICP306", 3)]
        assert loaded.files == 2
