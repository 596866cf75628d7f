"""Paths through lists and tests, and conversions: the reader finds what plain Python does."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_sources
from icpctl.exports.readers.reading import Reader
from icpctl.mappings.conversions import CONVERSIONS, convert
from icpctl.mappings.mapping import PAGES
from icpctl.mappings.paths import (
    Constant,
    Convert,
    Elements,
    Unless,
    conversion,
    is_many,
    missing_texts,
    parse_path,
    path_text,
    resolve,
)
from icpctl.values import json_records
from tests.long import examples
from tests.process import ROOT

if TYPE_CHECKING:
    from icpctl.mappings import paths

KEYS = ["a", "b", "key", "value", "a b", "x.y", "$p"]
SCALARS = [
    *("page", "1", "", "a,b", "true", "https://www.acme.example/x?y", "x@acme.example", 'q"\\\n'),
    *("2-10 employees", "1,001+", "FINANCIAL_SERVICES", "Munich, Bavaria, Germany", "Rome, Italy"),
    *("2026-11-20T10:30:00:00.00+00.00", "1795170600", "1795170600000", "17951706001234567", "é"),
    *(0, 1, 2.5, -3, 1795170600, 1795170600123, 1795170600000001, 10**17, True, False, None),
]
scalars = st.sampled_from(SCALARS)
keys = st.sampled_from(KEYS)
values: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(keys, inner, max_size=4),
        st.dictionaries(keys, scalars, min_size=1, max_size=3).map(lambda it: [it, it]),
        st.fixed_dictionaries({"min": st.integers(1, 9), "max": st.integers(1, 99)}),
    ),
    max_leaves=12,
)
rows = st.lists(st.dictionaries(keys, values, max_size=5), min_size=1, max_size=6)
tests = st.tuples(
    st.lists(keys, min_size=1, max_size=2).map(tuple),
    st.sampled_from(["page", "1", "true", "2.5", "", 'q"\\\n', "é"]),
)
elements = st.builds(
    Elements, st.lists(tests, max_size=2).map(tuple), st.sampled_from([None, None, 0, 1, -1, -3])
)
record_tests = st.builds(Elements, st.lists(tests, min_size=1, max_size=1).map(tuple))
segments = st.tuples(keys, st.none() | elements).map(lambda it: tuple(x for x in it if x))
plain_paths = st.tuples(st.none() | record_tests, st.lists(segments, min_size=1, max_size=3)).map(
    lambda it: (*([it[0]] if it[0] else []), *(step for part in it[1] for step in part))
)
conversions = st.sampled_from(
    [Convert(name) for name in CONVERSIONS if name not in ("query", "date")]
    + [Convert("split", ","), Convert("query", "y")]
)
any_paths = st.one_of(
    plain_paths,
    plain_paths.map(lambda it: (*it, Unless(("page", "1", 'q"\\\n')))),
    plain_paths.map(lambda it: (*it, Unless(("true", "x@acme.example")), Convert("host"))),
    st.tuples(plain_paths, conversions).map(lambda it: (*it[0], it[1])),
    st.just((Constant('c"'),)),
)


def read(lines: list[dict[str, Any]], columns: Columns) -> list[list[Any]]:
    """The rows as the reader has them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "visitors.jsonl")
        # A record in front, since one alone may be the page of an API.
        file.write_text("{}\n" + "".join(json.dumps(line) + "\n" for line in lines), "utf-8")
        (source,) = find_sources([str(file)])
        found: list[list[Any]] = []
        for batch in Reader(columns).read(source):
            assert batch.rejected == []
            found += [list(row.values()) for row in batch.table.to_pylist()]
    return found[1:]


def in_python(lines: list[dict[str, Any]], columns: Columns) -> list[list[Any]]:
    """The rows as plain Python finds them: of a field's values the first that fits it best."""
    parsed = [json_records.parse_record(json.dumps(line).encode()) for line in lines]
    return [[best(name, record, its) for name, its in columns.paths.items()] for record in parsed]


def best(name: str, record: dict[str, Any], its: tuple[paths.Path, ...]) -> Any:
    found = [value for path in its if (value := at(record, path)) is not None]
    if name == PAGES:
        values = [without(at(record, path), missing_texts(path)) for path in its]
        lists = [it for value in values if value is not None and (it := page_tokens(value))]
        return max(lists, key=lambda it: max(map(page_fitness, it)), default=None)
    value = max(found, key=fitness, default=None)
    return None if value is None else json_records.dumps(value)


def without(value: Any, texts: tuple[str, ...]) -> Any:
    """A list with null for the elements that count as nothing; a page itself is no list."""
    if not isinstance(value, list):
        return value
    return [None if json_records.scalar_text(it) in texts else it for it in value]


def at(record: dict[str, Any], path: paths.Path) -> Any:
    """What a path gives, None where that is nothing."""
    how = conversion(path)
    value = resolve(record, path)
    is_counted = how is not None and how.name == "count"
    return None if value == [] and is_many(path) and not is_counted else convert(value, how)


def fitness(value: Any) -> int:
    """2 for a scalar, 0 for what counts as nothing, 1 for the rest."""
    text = json_records.scalar_text(value)
    if text is not None:
        return 2 if text.strip() else 0
    return int(value != [])


def page_tokens(value: Any) -> list[Any]:
    elements = value if isinstance(value, list) else [{} if isinstance(value, dict) else value]
    tokens = [None if it is None else json_records.dumps(it) for it in elements]
    return tokens if isinstance(value, list) or any(tokens) else []


def page_fitness(token: str | None) -> int:
    """2 for a page, 0 for nothing, 1 for what is not a page."""
    if token is None:
        return 0
    value = json_records.loads(token)
    if isinstance(value, dict):
        value = value.get("path") if value.get("url") is None else value["url"]
    if isinstance(value, json_records.Number) or not isinstance(value, str):
        return 1
    return 2 if value.strip() else 0


def seen(row: list[Any]) -> list[Any]:
    """A row without what is the same to everything behind it: how a date without fraction ends."""
    return [it.replace(".000000Z", "Z") if isinstance(it, str) else it for it in row]


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=rows, found=st.lists(st.lists(any_paths, max_size=3), min_size=1, max_size=4))
def test_the_reader_finds_what_python_finds(
    lines: list[dict[str, Any]], found: list[list[paths.Path]]
) -> None:
    columns = Columns({f"f{number}": tuple(it) for number, it in enumerate(found)})
    expected = in_python(lines, columns)
    assert list(map(seen, read(lines, columns))) == list(map(seen, expected))


@settings(max_examples=examples(150), deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=rows, found=st.lists(any_paths, min_size=1, max_size=3))
def test_pages_too(lines: list[dict[str, Any]], found: list[paths.Path]) -> None:
    columns = Columns({PAGES: tuple(found), "id": (("id",),)})
    rows = [[filled(as_list(pages)), visitor] for pages, visitor in read(lines, columns)]
    assert rows == [[filled(pages), visitor] for pages, visitor in in_python(lines, columns)]


def filled(pages: list[Any] | None) -> list[Any] | None:
    """A list of nothing is nothing."""
    return pages if pages and any(pages) else None


def as_list(pages: Any) -> Any:
    """Pages as a list of JSON texts, also where they are the JSON text of a list."""
    if not isinstance(pages, str):
        return pages
    return [None if it is None else json_records.dumps(it) for it in json_records.loads(pages)]


RECORD = {
    "type": "page",
    "n": 1,
    "events": [
        {"type": "page", "url": "/a", "n": 1, "tags": [{"t": "x"}, {"t": "y"}, {}]},
        None,
        {"type": "click", "url": "/b", "n": 1.5, "ok": True, "tags": []},
        {"type": "page", "url": None, "n": "1", "tags": None},
        {"type": "page", "url": "/c", "ok": "true", "tags": [{"t": "z"}], "at": {"x": "q"}},
        "page",
    ],
    "params": [
        {"key": "page_location", "value": {"string_value": "/p", "int_value": None}},
        {"key": "session", "value": {"string_value": None, "int_value": "7"}},
    ],
    "empty": [],
    "company": {"people": [{"mail": "a@b.example"}], "name": "Acme"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("events[].url", ["/a", "/b", "/c"]),
        ("events[type=page].url", ["/a", "/c"]),
        ("events[type=page][0].url", "/a"),
        ("events[type=page][-1].url", "/c"),
        ("events[type=page][1].url", None),
        ("events[type=page][9].url", None),
        ("events[0].url", "/a"),
        ("events[1].url", None),
        ("events[-1]", "page"),
        ("events[n=1].url", ["/a"]),
        ("events[n=1.5].url", ["/b"]),
        ("events[ok=true].url", ["/b", "/c"]),
        ("events[type=page][ok=true].url", ["/c"]),
        ("events[at.x=q].url", ["/c"]),
        ("events[type=nothing].url", None),
        ("params[0].value.int_value", None),
        ("events[].tags[].t", ["x", "y", "z"]),
        ("events[].tags[0].t", ["x", "z"]),
        ("events[type=page].tags[-1].t", ["z"]),
        ("events[0].tags[].t", ["x", "y"]),
        ("params[key=page_location][0].value.string_value", "/p"),
        ("params[key=session].value.int_value", ["7"]),
        ("empty[]", None),
        ("empty[0]", None),
        ("type[]", None),
        ("company[].name", None),
        ("company.people[0].mail", "a@b.example"),
        ("[type=page].company.name", "Acme"),
        ("[type=track].company.name", None),
        ("[n=1].events[n=1].url", ["/a"]),
    ],
)
@pytest.mark.parametrize("with_the_whole", [False, True])
def test_what_a_path_finds(text: str, value: Any, with_the_whole: bool) -> None:
    """Also where a list or object is read as a whole besides."""
    whole = ("events", "params", "company") if with_the_whole else ()
    columns = Columns({"f": (parse_path(text),)} | {key: ((key,),) for key in whole})
    for row in (read([RECORD], columns)[0], in_python([RECORD], columns)[0]):
        assert (None if row[0] is None else json.loads(row[0])) == value


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("events", 6),
        ("events[type=page]", 3),
        ("events[].url", 3),
        ("events[type=nothing]", 0),
        ("empty", 0),
        ("empty[]", 0),
        ("nothing[]", None),
        ("events[].tags[].t", 3),
        ("[type=track].events", None),
    ],
)
def test_count(text: str, count: int | None) -> None:
    columns = Columns({"f": ((*parse_path(text), Convert("count")),)})
    expected = [None if count is None else str(count)]
    assert read([RECORD], columns) == in_python([RECORD], columns) == [expected]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("events[].url", ("events", Elements(), "url")),
        ("events[0].url", ("events", Elements((), 0), "url")),
        ("events[-1]", ("events", Elements((), -1))),
        ("e[type=page].url", ("e", Elements(((("type",), "page"),)), "url")),
        ("e[type=page][-1].url", ("e", Elements(((("type",), "page"),), -1), "url")),
        (
            'e[a.b=1][c="x]y"].u',
            ("e", Elements(((("a", "b"), "1"), (("c",), "x]y"))), "u"),
        ),
        ("[type=group].traits.x", (Elements(((("type",), "group"),)), "traits", "x")),
        ('[e=$pageview]."a.b"', (Elements(((("e",), "$pageview"),)), "a.b")),
        ('"Employee Count"', ("Employee Count",)),
        ("a=b", ("a=b",)),
        ("No. of Employees", ("No. of Employees",)),
        ('Acme."No."." b"', ("Acme", "No.", " b")),
    ],
)
def test_path(text: str, path: paths.Path) -> None:
    assert parse_path(text) == path
    assert parse_path(path_text(path)) == path


@given(path=plain_paths)
def test_the_text_of_a_path_is_read_as_the_path(path: paths.Path) -> None:
    assert parse_path(path_text(path)) == path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "only a test such as [type=page] may come before the first key"),
        ("[0].a", "only a test such as [type=page] may come before the first key"),
        ("[type=page]", "a dot and a key must follow the test of the record"),
        ("a[x]", "brackets hold nothing, a number, or a test such as type=page, at character 2"),
        ("a[x=]", "no value at character 5; a test looks like [type=page]"),
        ("a[=y]", "no key at character 3; a test looks like [type=page]"),
        ("a[x=y", "a bracket is not closed, at character 6"),
        ("a[][0]", "lists in lists are not read; nothing but a dot may follow, at character 4"),
        ("a[0][1]", "lists in lists are not read; nothing but a dot may follow, at character 5"),
        ("a[]b", "a dot must be between keys, at character 4"),
        ("a[1e3]", "brackets hold nothing, a number, or a test such as type=page"),
    ],
)
def test_bad_path(text: str, reason: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the reason is compared
        parse_path(text)
    assert reason in str(caught.value)


DOCS = (ROOT / "docs" / "mappings.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\| `(\w+)` \| .+ \| `(.+)` \| `(.+)` \|$", DOCS, re.M)
ARGUMENTS = {"date": ("%m/%d/%Y",), "query": "utm_source"}


@pytest.mark.parametrize(("name", "example", "becomes"), EXAMPLES)
def test_the_example_of_a_conversion(name: str, example: str, becomes: str) -> None:
    line = {"x": json.loads(example)}
    columns = Columns({"f": (("x", Convert(name, ARGUMENTS.get(name))),)})
    (bulk,) = read([line], columns)
    assert bulk == [becomes] == in_python([line], columns)[0]


def test_every_conversion_has_its_example_in_the_docs() -> None:
    assert [name for name, _, _ in EXAMPLES] == list(CONVERSIONS)


@pytest.mark.parametrize(
    ("name", "value", "becomes"),
    [
        ("host", "ada@mail.acme.example", "mail.acme.example"),
        ("host", "Ada Byrne <ada@acme.example>", "acme.example"),
        ("host", "https://ada:secret@acme.example/x?a=b@c", "acme.example"),
        ("host", "//cdn.acme.example/x", "cdn.acme.example"),
        ("host", "acme.example/@ada", "acme.example"),
        ("host", "http://WWW.Acme.example:8080/x", "Acme.example"),
        ("host", ["https://a.example", "https://b.example"], ["a.example", "b.example"]),
        ("host", {"url": "x"}, {"url": "x"}),
        ("place_city", "Rome, Italy", "Rome"),
        ("place_region", "Rome, Italy", None),
        ("place_country", "Rome, Italy", "Italy"),
        ("place_country", "Italy", "Italy"),
        ("place_city", "Italy", None),
        ("place_region", "San Francisco, CA", "CA"),
        ("place_country", "San Francisco, CA", None),
        ("place_city", "Greater Boston Area", "Greater Boston Area"),
        ("place_region", "Soho, London, England, United Kingdom", "England"),
        ("place_country", "  ", None),
        ("range", {"min": 90, "max": 360}, "90-360"),
        ("range", {"min": 90, "max": None}, "90+"),
        ("range", {"max": 360}, "1-360"),
        ("range", {}, None),
        ("range", "1,001 \u2013 5,000 employees", "1001-5000"),
        ("range", "10,001+ employees", "10001+"),
        ("range", 180, None),
        ("range", "180", None),
        ("range", "many", "many"),
        ("words", "SOFTWARE", "Software"),
        ("words", "Oil & Gas", "Oil & Gas"),
        ("count", [], 0),
        ("count", 7, 7),
        ("epoch_seconds", "1795170600.5", "2026-11-20T10:30:00.500000Z"),
        ("epoch_seconds", -1, "1969-12-31T23:59:59Z"),
        ("epoch_milliseconds", "soon", "soon"),
        ("epoch_milliseconds", 10**30, 10**30),
        ("epoch_microseconds", 1795170600000001, "2026-11-20T10:30:00.000001Z"),
        ("rb2b_time", "2026-11-20T10:30:00:00.00+05.30", "2026-11-20T10:30:00+05:30"),
        ("rb2b_time", "2026-11-20T10:30:00Z", "2026-11-20T10:30:00Z"),
    ],
)
def test_conversion(name: str, value: Any, becomes: Any) -> None:
    columns = Columns({"f": (("x", Convert(name)),)})
    line = {"x": value, "y": "z"}
    found = [
        it and json.loads(it)
        for it in (read([line], columns)[0][0], *in_python([line], columns)[0])
    ]
    assert found == [becomes, becomes]


def test_split() -> None:
    columns = Columns({PAGES: (("x", Convert("split", ";")),)})
    assert read([{"x": "/a; /b;;"}, {"x": ["/c"]}, {}], columns) == [
        [['"/a"', '"/b"']],
        [['"/c"']],
        [None],
    ]
