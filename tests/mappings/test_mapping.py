"""Mappings: paths, the files that hold them, and what is wrong with either."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path

import pytest

from icpctl.errors import IcpctlError
from icpctl.mappings.loading import built_in_signs, load_mapping
from icpctl.mappings.mapping import FIELDS, built_in_names
from icpctl.mappings.paths import Constant, Convert, Unless, parse_path


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("industry", ("industry",)),
        ("company.industry", ("company", "industry")),
        ('company."key with. dots"', ("company", "key with. dots")),
        (r'"a \" quote"."back\\slash"', ('a " quote', "back\\slash")),
        ('""', ("",)),
        ("$1.{}.*.?.a'b;c.-d.%s", ("$1", "{}", "*", "?", "a'b;c", "-d", "%s")),
        ("\U0001f680.a b.\n", ("\U0001f680", "a b", "\n")),
        ("k" * 10_000, ("k" * 10_000,)),
    ],
)
def test_path(text: str, path: tuple[str, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no key at character 1; paths look like company.industry"),
        (".", "no key at character 1"),
        ("company.", "no key at character 9"),
        ("company..industry", "no key at character 9"),
        ("pages[0", "brackets hold nothing, a number, or a test such as type=page, at character 6"),
        ('"open', "no key at character 1"),
        ('a"b"', "a dot must be between keys, at character 2"),
        ("\udcff", "it is not UTF-8"),
    ],
)
def test_bad_path(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        parse_path(text)


@pytest.mark.parametrize("name", built_in_names())
def test_built_in_mappings_name_every_field_they_know(name: str) -> None:
    mapping = load_mapping(name)
    assert set(mapping.paths) == set(FIELDS)
    assert any(mapping.paths.values())


@pytest.mark.parametrize("name", built_in_names())
def test_the_signs_of_a_built_in_mapping_are_those_of_its_file(name: str) -> None:
    mapping, signs = load_mapping(name), built_in_signs(name)
    assert (signs.recognised_by, signs.records) == (mapping.recognised_by, mapping.records)
    assert bool(signs.recognised_by) == (name != "default")


def test_the_default_mapping_has_paths_for_every_field() -> None:
    assert load_mapping(None) == load_mapping("default")
    assert all(load_mapping(None).paths.values())


def test_mapping_file(tmp_path: Path) -> None:
    path = tmp_path / "it's {}; $1 *.yaml"
    path.write_text("industry: sector\ncity: [a.b, 'c.\"d.e\"']\nregion: []\n")
    found = load_mapping(str(path))
    assert found.paths["industry"] == (("sector",),)
    assert found.paths["city"] == (("a", "b"), ("c", "d.e"))
    assert found.paths["region"] == found.paths["id"] == ()


def test_texts_that_stand_for_a_missing_value(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(
        "city: a\nby: b\nmissing: [n/a, (not set)]\ndomain: {path: c, as: host}\n"
        "page_view_count: {path: d, as: count}\nindustry: {constant: n/a}\n"
    )
    found, gone = load_mapping(str(path)), Unless(("n/a", "(not set)"))
    assert (found.paths["city"], found.by) == ((("a", gone),), (("b", gone),))
    assert found.paths["domain"] == (("c", gone, Convert("host")),)
    assert found.paths["page_view_count"] == (("d", Convert("count")),)
    assert found.paths["industry"] == ((Constant("n/a"),),)


def test_mapping_file_in_json(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text('{"industry": ["sector"]}')
    assert load_mapping(str(path)).paths["industry"] == (("sector",),)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("city: a\nindustri: a", "2:1", "unknown field 'industri'", "did you mean industry?"),
        ("jobTitle: a", "1:1", "unknown field 'jobTitle'", "did you mean job_title?"),
        ("qqq: a", "1:1", "unknown field 'qqq'", "known: title, recognised_by, by, "),
        ("page_equals: a", "1:1", "unknown field 'page_equals'", "known: |did you mean"),
        ("", "1:1", "the mapping names no field", "for example: industry: "),
        ("# nothing\n", "1:1", "the mapping names no field", ""),
        (
            "- industry",
            "1:1",
            "a mapping must be an object of fields and their paths",
            "for example",
        ),
        ("industry", "1:1", "a mapping must be an object of fields and their paths", "for example"),
        ("city: [a,\n  b..c]", "2:3", "bad path 'b..c': no key at character 3", ""),
        ("city: {a: b}", "1:8", "'a' does not belong here", "known: path, as"),
        ("city: [[a]]", "1:8", "a path must be text such as company.industry", ""),
        ("city: [null]", "1:8", "a path must be text such as company.industry, not empty", ""),
        ("city: a\ncity: b", "2:1", "duplicate key 'city'", "the first is on line 1"),
        ("city: [a", "1:9", "", ""),
        ("city: a\n\tregion: b", "2:1", "", ""),
        ("? [a]\n: b", "1:3", "", ""),
        ("city: !!python/object:os.system a", "1:7", "", ""),
        ("city: a\n---\ncity: b", "2:1", "", ""),
        ("missing: {a: b}\ncity: a", "1:10", "what means a missing value must be text", ""),
        ("city: &a [*a]", "1:11", "", ""),
        ("city: " + "[" * 5000, "1:1", "deeper than", ""),
        ("city: a\x01", "1:8", "U+0001", ""),
        ("k" * 20_000 + ": a", "1:", "", ""),
        ("city: " + "b" * 900 + "..", "1:7", "bad path 'bbb", ""),
        ("#" * (1 << 20) + "\n", "1:1", "the file is over 1 MiB", ""),
    ],
)
def test_bad_mapping_file(tmp_path: Path, text: str, place: str, message: str, hint: str) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(IcpctlError) as caught:
        load_mapping(str(path))
    error = caught.value
    assert error.code == "bad_mapping"
    found = error.findings[0]
    assert message in found.message
    assert len(found.message) < 200
    assert str(found.location).startswith(f"{path}:{place}")
    assert re.search(hint, found.hint or "")


def test_mapping_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes(b"city: a\nregion: \xff\n")
    with pytest.raises(IcpctlError) as caught:
        load_mapping(str(path))
    found = caught.value.findings[0]
    assert "0xff is not UTF-8" in found.message
    assert str(found.location) == f"{path}:2:9"
    assert found.hint


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "unknown mapping 'nothing'"),
        ("{}", "unknown mapping '{}'"),
        ("no/such.yaml", "no such file"),
        ("../default", "no such file"),
        ("default.yaml", "no such file"),
    ],
)
def test_no_such_mapping(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IcpctlError) as caught:
        load_mapping(name)
    assert (caught.value.code, caught.value.message) == ("no_such_mapping", message)


@pytest.mark.parametrize("name", ["x" * 10_000, "a\0b"])
def test_mapping_name_that_no_file_can_have(name: str) -> None:
    with pytest.raises(IcpctlError, match="cannot read it") as caught:
        load_mapping(name)
    assert caught.value.code == "bad_mapping"


def test_mapping_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    for path in (tmp_path, tmp_path / "pipe.yaml"):
        with pytest.raises(IcpctlError, match=r"this is (a folder|not a regular file)") as caught:
            load_mapping(str(path))
        assert caught.value.code == "bad_mapping"


def test_mapping_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text("city: a")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything
    with pytest.raises(IcpctlError, match="cannot read it: Permission denied") as caught:
        load_mapping(str(path))
    assert caught.value.code == "bad_mapping"


def test_default_mapping_file_has_each_path_once() -> None:
    text = (resources.files("icpctl.mappings") / "formats" / "default.yaml").read_text("utf-8")
    assert text.isascii()
    for field, paths in load_mapping(None).paths.items():
        assert len(set(paths)) == len(paths), field
