"""What Python's own json and csv write, scanners read."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.exports.scanner.scan_results import ELEMENTS, Block, CsvHeader, Wanted
from icpctl.values.text_forms import key_form
from tests.long import examples
from tests.native.answers import native, python, read, values_in

TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
RECORDS = st.lists(
    st.fixed_dictionaries({}, optional={"a": VALUES, "b c": VALUES, "ü": VALUES, "x": VALUES}),
    max_size=8,
)
MAKERS = pytest.mark.parametrize("make", [native, python])


@MAKERS
@given(
    records=RECORDS,
    is_ascii=st.booleans(),
    separators=st.sampled_from([(",", ":"), (" , ", " : ")]),
)
@settings(max_examples=examples(150))
def test_json(
    make: Any, records: list[dict[str, Any]], is_ascii: bool, separators: tuple[str, str]
) -> None:
    lines = [json.dumps(record, ensure_ascii=is_ascii, separators=separators) for record in records]
    wanted = [Wanted(("a",)), Wanted(("b c",)), Wanted(("ü",)), Wanted(("a", ELEMENTS))]
    scanner = make(wanted)
    read(scanner, ["\n".join(lines).encode()])
    assert scanner.lines.tolist() == list(range(1, len(records) + 1))
    assert not scanner.rejected
    for index, key in enumerate(("a", "b c", "ü")):
        values = [record.get(key) for record in records]
        assert _values(scanner, index, len(records)) == values
    lists = [record.get("a") for record in records]
    elements = [element for values in lists if isinstance(values, list) for element in values]
    assert _values(scanner, 3, len(elements)) == elements


def _values(scanner: Any, index: int, rows: int) -> list[Any]:
    columns = scanner.columns(index)
    if not columns:
        return [None] * rows
    (column,) = columns
    return [None if token is None else json.loads(token) for token in values_in(column)]


@MAKERS
@given(
    rows=st.lists(st.lists(TEXTS, min_size=3, max_size=3), max_size=8),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=examples(150))
def test_csv(make: Any, rows: list[list[str]], delimiter: str, end: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows(rows)
    scanner = make([Wanted(("a",)), Wanted(("b",)), Wanted(("c",))])
    scanner.header(CsvHeader(["a", "B", "c"]))
    block = Block(text.getvalue().encode())
    scanner.scan_csv(block, delimiter=delimiter.encode(), is_last=True)
    assert not scanner.rejected
    for index in range(3):
        assert _values(scanner, index, len(rows)) == [row[index] or None for row in rows]


@given(TEXTS)
def test_the_form_of_a_key_is_its_own_form(key: str) -> None:
    assert key_form(key_form(key)) == key_form(key)
    assert len(key_form(key).encode()) <= 4 * len(key.encode()) + 64


@given(key=st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), change=st.data())
def test_keys_are_read_in_any_spelling(key: str, change: st.DataObject) -> None:
    letters = [change.draw(st.sampled_from([c, c + "_", "-" + c, c + " "])) for c in key]
    line = json.dumps({"".join(letters): 1}).encode()
    for make in (native, python):
        scanner = make([Wanted((key,))])
        read(scanner, [line])
        assert [values_in(column) for column in scanner.columns(0)] == [[b"1"]]
