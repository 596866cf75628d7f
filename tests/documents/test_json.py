"""What JSON files may not hold, each with its finding's place; all else as `json.loads` has it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.documents.document import plain
from icpctl.documents.reading import read_document
from tests.config.marked import check, unmarked

RULES = """"rules": {"groups": [{"operator": "AND", "conditions": [
  {"type": "industry", "comparator": "exists"}]}]}"""

BROKEN = {
    "nothing": "<ICP007>",
    "white space": "<ICP007> \n\t",
    "a null": "<ICP007>null",
    "a list": "<ICP103>[]",
    "a text": '<ICP103>"SaaS"',
    "a comma too many": '{"label": "SaaS"<ICP006>,}',
    "a comma too many in a list": '{"label": ["SaaS"<ICP006>, ]}',
    "a comma too few": '{"label": "SaaS"\n <ICP006>"priority": 1}',
    "no colon": '{"label" <ICP006>"SaaS"}',
    "no value": '{"label": <ICP006>}',
    "a bare key": '{<ICP006>label: "SaaS"}',
    "single quotes": "{<ICP006>'label': 'SaaS'}",
    "bare text": '{"label": <ICP006>SaaS}',
    "a comment": '<ICP006>// soon\n{"label": "SaaS"}',
    "NaN": '{"priority": <ICP006>NaN}',
    "Infinity": '{"priority": <ICP006>-Infinity}',
    "True": '{"isActive": <ICP006>True}',
    "None": '{"isActive": <ICP006>None}',
    "a leading zero": '{"label": <ICP006>02134}',
    "a plus": '{"priority": <ICP006>+1}',
    "a point first": '{"priority": <ICP006>.5}',
    "hexadecimal": '{"priority": <ICP006>0x10}',
    "other digits": '{"priority": <ICP006>\u0661}',
    "an object that stays open": '{"label": "SaaS"<ICP006>',
    "a list that stays open": '{"label": ["SaaS"<ICP006>',
    "the wrong bracket": '{"label": ["SaaS"<ICP006>}',
    "a text that stays open": '{"label": <ICP006>"SaaS',
    "a text over two lines": '{"label": <ICP006>"SaaS\n"}',
    "a tab in a text": '{"label": "Sa<ICP006>\taS"}',
    "an escape": '{"label": "<ICP006>\\q"}',
    "an escape at the end": '{"label": <ICP006>"\\',
    "half an emoji": '{"label": <ICP006>"\\ud83d"}',
    "a control character": '{"label": "Sa<ICP004>\x01aS"}',
    "more behind it": '{"label": "SaaS"} <ICP006>{}',
    "a no-break space": '{"label":<ICP006>\xa0"SaaS"}',
    "a duplicate key": '{"label": "SaaS", <ICP009>"label": "Other", ' + RULES + "}",
    "behind wide characters": '{"label": "会社🚀", <ICP102>"会社🚀": 1, ' + RULES + "}",
    "a number without end": '{"label": "a", "priority": <ICP209>1' + "0" * 400 + ", " + RULES + "}",
    "an endless number": '{"label": "a", "priority": <ICP209>1' + "0" * 5000 + ", " + RULES + "}",
    "an infinite number": '{"label": "a", "priority": <ICP209>1e999, ' + RULES + "}",
}


@pytest.mark.parametrize("marked", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_allowed_is_found_where_it_stands(marked: str) -> None:
    check(marked, "saas.json")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{'label': 1}", "JSON text is in double quotes"),
        ('{"isActive": True}', "write true"),
        ('{"isActive": None}', "write null"),
        ('{"priority": NaN}', "JSON has finite numbers only"),
        ('{"label": 02134}', "numbers are written like 12, -3 or 0.5, all else in double quotes"),
        ("# soon\n{}", "JSON has no comments"),
        ('{"label": "a"', "it was opened in line 1"),
    ],
)
def test_what_people_write_instead_has_a_hint(text: str, hint: str) -> None:
    [problem] = read_document(text.encode(), "saas.json").problems
    assert problem.hint == hint


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
).filter(lambda value: value is not None)


@given(VALUES, st.sampled_from([None, 2]), st.booleans())
def test_what_json_writes_is_read(value: object, indent: int | None, ascii_only: bool) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    document = read_document(text.encode(), "saas.json")
    assert document.problems == []
    assert document.root is not None
    assert plain(document.root) == value


PIECES = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    '"a"',
    "1",
    "-",
    ".",
    "e",
    "0",
    "true",
    " ",
    "\n",
    "\\",
]


@given(st.lists(st.sampled_from([*PIECES, "null", "\\u0041", "\t", "é", "N"])))
def test_it_reads_exactly_what_json_loads_reads(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        value = json.loads(text, object_pairs_hook=refuse_duplicates)
    except (ValueError, KeyError):
        assert read_document(text.encode(), "saas.json").problems
        return
    document = read_document(text.encode(), "saas.json")
    if value is None:
        assert [problem.code for problem in document.problems] == ["ICP007"]
    else:
        assert document.root is not None
        assert plain(document.root) == value


def refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise KeyError
    return dict(pairs)


def test_marks_are_places() -> None:
    assert unmarked("a\n <ICP001>b") == ("a\n b", [("ICP001", 2, 2)])
