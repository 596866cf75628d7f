"""Values of configs, paths of mappings and carried fields are data, whatever they hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.mappings.mapping import FIELDS, Mapping
from icpctl.mappings.paths import parse_path
from tests import oracle
from tests.exports.reading_oracle import by_icpctl, by_oracle
from tests.exports.torture import CONFIGS, config
from tests.long import long
from tests.support import AS_OF, score_files, score_records

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = [
    *("'", '"', "';", '"; drop table x; --', "$1", "$", "{}", "{0}", "{x!r}", "%s", "%", "%%", "_"),
    *("*", "?", "[", "[a]", "[0]", ".", "..", ".*", "^a$", "(", "(?i)", "|", "\\", "\\\\", "\\1"),
    *("\\x", "\\u0041", "a\nb", "\r", "\t", "\0", "\x1b[31m", "[bold]", "[/]", "&amp;", "<b>"),
    *(
        "-",
        "--",
        "-o",
        "#",
        "/",
        "//",
        "a://b",
        "s3://x",
        "~",
        "`who`",
        "$(who)",
        "!",
        ",",
        ":",
        "=",
    ),
    *("null", "true", "1", "NaN", "[]", "{", "}", "]", "\U0001f680", "\u00e9", "e\u0301", "\u2028"),
    *("**", "a*", "*.*", "$.*", "$[0]", "/a/b", "/*", "a'b\"c"),
    *("\u202e", "\ufeff", "\u00a0x", "k" * 10_000, "\\" * 999, '"' * 999, "%" * 999, "x'--", "@a"),
]


def flat_types() -> list[str]:
    return ["industry", "domain", "linkedin_url", "country", "employee_size_range", "page_equals"]


@long
@pytest.mark.parametrize("name", [*flat_types(), "page_contains"])
def test_config_values_are_data(name: str) -> None:
    comparators = ["equals", "contains", "starts_with", "ends_with", "in", "has_any", "has_all"]
    configs = [
        config(f"c{at}-{number}", (name, comparator, [text] if number > 3 else text))
        for at, text in enumerate(TEXTS)
        for number, comparator in enumerate(comparators)
        if oracle.visible(text)
    ]
    field = "pages" if name.startswith("page") else name
    records: list[dict[str, Any]] = [{field: [text]} for text in TEXTS]
    records += [{field: f"a{text}b"} for text in TEXTS]
    rows, _ = score_records(configs, records)
    found = [{match["config"] for match in row["matches"]} for row in rows]
    # The oracle takes long over all pairs; it is asked about each text's neighbours.
    for at, record in enumerate(records):
        near = {(at + step) % len(TEXTS) for step in (-7, -1, 0, 1, 7)}
        some = [one for one in configs if int(one[0][1:].split("-")[0]) in near]
        verdict = oracle.verdict(some, record, as_of=AS_OF)
        expected = {match["config"] for match in verdict["matches"]}
        assert found[at] & {slug for slug, _ in some} == expected, record
    assert any(found)


def test_keys_of_paths_are_names(tmp_path: Path) -> None:
    """Each key alone, and below one that is read whole, one that is not, and one that is absent."""
    fields = [field for field in FIELDS if field != "pages"]
    for text in TEXTS:
        paths = {
            "industry": [("company", text), (text,)],
            "city": [(text, text), ("a", "b", text)],
            "region": [("company",)],
            "domain": [("a", text, "b"), ("missing", text)],
        }
        mapping = Mapping("x", {field: tuple(paths.get(field, ())) for field in FIELDS})
        records = [
            {"company": {text: "inside", "x": 1}},
            {text: "top", "company": {"y": 2}},
            {text: {text: "twice"}, "a": {"b": {text: "deep"}}},
            {"a": {text: {"b": "middle"}, "b": None}},
            {"a": {"b": {text: "deep"}, text + "x": 5}, "X": text},
            {text.upper(): "upper", text.lower(): "lower"},
            {"company": [text]},
            {},
        ]
        lines = [json.dumps(record).encode() + b"\n" for record in records]
        expected = by_oracle(lines, {field: paths.get(field, []) for field in fields})
        assert by_icpctl(b"".join(lines), mapping=mapping) == expected, text


def test_keys_that_differ_by_letter_case_only() -> None:
    paths = {"industry": [("Key",)], "city": [("key",)], "region": [("a", "B"), ("A", "b")]}
    mapping = Mapping("x", {field: tuple(paths.get(field, ())) for field in FIELDS})
    records = [{"Key": 1, "key": 2}, {"KEY": 3}, {"key": 4}, {"a": {"b": 1}, "A": {"b": 2}}]
    records += [{"a": {"b": 1, "B": 3}}]
    lines = [json.dumps(record).encode() + b"\n" for record in records]
    expected = by_oracle(lines, {name: paths.get(name, []) for name in FIELDS})
    assert by_icpctl(b"".join(lines), mapping=mapping) == expected
    assert [fields.get("industry") for fields in expected.records.values()].count(None) == 2


def quoted(text: str) -> str:
    """A key as a path quotes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def test_carried_paths_are_names(tmp_path: Path) -> None:
    carry = tuple(dict.fromkeys(quoted(text) for text in TEXTS))
    assert [parse_path(path) for path in carry] == [(text,) for text in TEXTS]
    record = {text: f"value of {text}" for text in TEXTS}
    path = tmp_path / "visitors.jsonl"
    path.write_text(json.dumps(record) + "\n{}\n")
    rows = score_files(CONFIGS, [path], carry=carry).rows
    verdict = ["source", "line", "id", "icp_match", "icp", "icp_score", "matches"]
    assert list(rows[0]) == [*verdict, *carry]
    assert [rows[0][name] for name in carry] == list(record.values())
    assert {rows[1][name] for name in carry} == {None}


def test_carried_paths_prefer_the_exact_key_and_values_keep_their_type(tmp_path: Path) -> None:
    record = {
        "name": "a",
        "Name": "b",
        "NAME": None,
        "industry": "SaaS",
        "Industry": "x",
        "n": 1.50,
        "flag": False,
        "list": [1, {"a": None}],
        "object": {"b": "\u00e9\n"},
    }
    carry = ("name", "Name", "NAME", "Industry", "n", "flag", "list", "object", "object.b", "id")
    path = tmp_path / "visitors.jsonl"
    path.write_text(json.dumps(record) + "\n")
    for names in (carry, tuple(name for name in carry if name.islower())):
        [row] = score_files(CONFIGS, [path], carry=names).rows
        assert row["icp"] == "no-retail"
        for name in names:
            expected: Any = record
            for key in parse_path(name):
                expected = expected.get(key)
            # Of the spellings of a key one that has a value wins over one that has none.
            assert row[name] == ("a" if name == "NAME" else expected), name


def test_carried_values_that_json_has_not(tmp_path: Path) -> None:
    """They are null in what is written, which everybody can read then."""
    path = tmp_path / "visitors.jsonl"
    path.write_text('{"a": NaN, "b": {"c": [-inf, "NaN", "inf"]}}\n{"a": "nan", "b": "\\ud800"}\n')
    first, second = score_files(CONFIGS, [path], carry=("a", "b")).rows
    assert (first["a"], first["b"]) == (None, {"c": [None, "NaN", "inf"]})
    assert (second["a"], second["b"]) == ("nan", "\ufffd")
