"""`explain` finds a visitor by id or line, wherever and however it stands."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.config.model import IcpConfig
from icpctl.errors import IcpctlError
from icpctl.features.explain.explained import Explained, explain
from icpctl.mappings.loading import load_mapping
from icpctl.scoring.run import Options

if TYPE_CHECKING:
    from pathlib import Path

RULES = {"groups": [{"operator": "AND", "conditions": [{"type": "city", "comparator": "exists"}]}]}
CONFIGS = [("a", IcpConfig.model_validate({"label": "A", "rules": RULES}))]


def found(*files: Path, mapping: str | None = None, **wanted: Any) -> Explained:
    options = Options(mappings=(load_mapping(mapping),))
    if "visitor_id" in wanted:
        wanted["ids"] = [wanted.pop("visitor_id")]
    [only] = explain([str(file) for file in files], CONFIGS, options, **wanted)
    return only


def seen(one: Explained) -> Any:
    """The city that the explanation saw."""
    return one.explanation.body()["configs"][0]["groups"][0]["conditions"][0]["seen"]


def export(folder: Path, *lines: str | dict[str, Any], name: str = "v.jsonl") -> Path:
    """A file of these lines; each record is where it says, in `city`."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file = folder / name
    file.write_text("\n".join(texts) + "\n", "utf-8")
    return file


IDS = [
    "v1",
    "user@mail.example",
    "a/b",
    "é",
    'a"b',
    "a\\b",
    " x ",
    "7",
    "true",
    "null",
    "1e5",
    "日本",
]


@pytest.mark.parametrize("ascii_only", [True, False])
def test_by_id(tmp_path: Path, ascii_only: bool) -> None:
    others = [{"city": visitor, "note": "v1", "industry": "7"} for visitor in IDS]
    records = [{"id": visitor, "city": f"at {n}"} for n, visitor in enumerate(IDS)]
    lines = [json.dumps(it, ensure_ascii=ascii_only) for it in [*others, *records]]
    file = export(tmp_path, *lines)
    for number, visitor in enumerate(IDS):
        one = found(file, visitor_id=visitor)
        assert (one.explanation.id, one.explanation.line) == (visitor, len(IDS) + number + 1)
        assert (seen(one), one.more, one.file) == (f"at {number}", 0, str(file))


def test_an_id_may_be_a_number_or_nested_or_have_another_name(tmp_path: Path) -> None:
    file = export(
        tmp_path,
        {"id": 5, "city": "number"},
        {"visitor": {"id": "n-1"}, "city": "nested"},
        {"id": None, "visitorId": "n-2", "city": "other name"},
    )
    for wanted, city in [("5", "number"), ("n-1", "nested"), ("n-2", "other name")]:
        assert seen(found(file, visitor_id=wanted)) == city


def test_a_mapping_says_where_ids_are(tmp_path: Path) -> None:
    mapping = tmp_path / "m.yaml"
    mapping.write_text("id: [key]\ncity: [place]\n")
    file = export(tmp_path, {"id": "v1", "place": "wrong"}, {"key": "v1", "place": "right"})
    assert seen(found(file, mapping=str(mapping), visitor_id="v1")) == "right"


@pytest.mark.parametrize("wanted", ["v1", "v/1"])  # by bytes, and by parsing
def test_the_first_of_several_is_taken_and_the_others_are_counted(
    tmp_path: Path, wanted: str
) -> None:
    one, two = {"id": wanted, "city": "first"}, {"id": wanted, "city": "later"}
    files = [export(tmp_path, {"id": "v"}, name="a.jsonl")]
    files += [export(tmp_path, "", "{", one, two, name="b.jsonl")]
    files += [export(tmp_path, two, name="c.jsonl")]
    explained = found(*files, visitor_id=wanted)
    assert (seen(explained), explained.more, explained.file) == ("first", 2, str(files[1]))
    assert explained.explanation.line == 3


def test_a_line_that_is_rejected_is_no_visitor(tmp_path: Path) -> None:
    good = {"id": "v1", "city": "good"}
    file = export(tmp_path, '{"id": "v1", "city": "bad",}', '["v1"]', '"v1"', good)
    assert seen(found(file, visitor_id="v1")) == "good"


def test_a_word_that_is_on_every_line_too(tmp_path: Path) -> None:
    many = [{"id": str(n), "city": "google"} for n in range(1_500)]
    file = export(tmp_path, *many, {"id": "google", "city": "here"})
    assert (seen(one := found(file, visitor_id="google")), one.explanation.line) == ("here", 1_501)


def refused(*files: Path, **wanted: Any) -> tuple[str, str, str | None]:
    with pytest.raises(IcpctlError) as error:
        found(*files, **wanted)
    return error.value.code, str(error.value.where), error.value.hint


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("V-0001", "did you mean v-0001?"),
        ("0002", "did you mean v-0002?"),
        ("v-0O01", "did you mean v-0001?"),
        ("zzz", "2 visitors with an id were read"),
        ("", "2 visitors with an id were read"),
    ],
)
def test_no_such_id(tmp_path: Path, wanted: str, hint: str) -> None:
    file = export(tmp_path, {"id": "v-0001"}, {"id": "v-0002"}, {"city": "Rome"})
    assert refused(file, visitor_id=wanted) == ("no_such_visitor", "None", hint)


def test_no_ids_at_all(tmp_path: Path) -> None:
    code, _, hint = refused(export(tmp_path, {"city": "Rome"}), visitor_id="v1")
    assert code == "no_such_visitor"
    assert hint is not None
    assert "--line" in hint


@pytest.mark.parametrize(
    ("lines", "hint"),
    [
        ([], "the export is empty"),
        (["", " "], "the export is empty"),
        (["{", ""], "no line here is a visitor; run icpctl inspect to see why"),
        ([{"id": "one"}], "1 visitor with an id was read"),
        ([{"id": "one"}, "{"], "1 visitor with an id was read"),
    ],
)
def test_the_hint_says_why_nobody_is_found(tmp_path: Path, lines: list[Any], hint: str) -> None:
    assert refused(export(tmp_path, *lines), visitor_id="zzz")[2] == hint


def test_by_line(tmp_path: Path) -> None:
    lines = ['{"city": "1"}\r', "", '  {"city": "3"}', "{", '{"city": "5"}', "[]", '{"city": "7"}']
    file = tmp_path / "v.jsonl"
    for end, data in [("", "\n".join(lines)), ("\n", "\n".join(lines) + "\n")]:
        file.write_bytes(b"\xef\xbb\xbf" + data.encode())
        for number in (1, 3, 5, 7):
            one = found(file, line=number)
            assert (seen(one), one.explanation.line, one.explanation.id) == (
                str(number),
                number,
                None,
            )
        for number in (2, 4, 6, 8):
            code, where, _ = refused(file, line=number)
            assert code == ("rejected" if number in (4, 6) else "no_such_line"), (end, number)
            assert where == (f"{file}:{number}" if number < 8 else str(file))


def test_a_byte_order_mark_counts_at_the_beginning_only(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"city": "1"}\n\xef\xbb\xbf{"city": "2"}\n')
    assert seen(found(file, line=1)) == "1"
    assert refused(file, line=2)[0] == "rejected"


def test_every_line_of_a_large_compressed_file(tmp_path: Path) -> None:
    lines = [json.dumps({"id": f"v{n}", "city": f"{n}{'x' * 400}"}) for n in range(1, 3_001)]
    file = tmp_path / "v.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    for number in (1, 600, 601, 1_999, 3_000):
        assert seen(found(file, line=number)) == f"{number}{'x' * 400}"
        assert found(file, visitor_id=f"v{number}").explanation.line == number
    assert refused(file, line=3_001)[2] == "the file has 3,000 lines"


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    long = b'{"city": "' + b"x" * (16 << 20) + b'"}\n'
    file.write_bytes(b'{"city": "1"}\n' + long + b'{"id": "v", "city": "3"}\n')
    assert refused(file, line=2)[:2] == ("rejected", f"{file}:2")
    assert seen(found(file, line=3)) == "3"
    assert found(file, visitor_id="v").explanation.line == 3


def test_an_empty_export(tmp_path: Path) -> None:
    file = tmp_path / "v.jsonl"
    file.touch()
    assert refused(file, line=1)[2] == "the file has 0 lines"
    assert refused(file, visitor_id="v1")[0] == "no_such_visitor"


def test_a_line_is_of_one_file(tmp_path: Path) -> None:
    files = [export(tmp_path, {"city": name}, name=name) for name in ("a.jsonl", "b.jsonl")]
    assert refused(*files, line=1)[0] == "bad_usage"
    assert refused(tmp_path, line=1)[0] == "bad_usage"
