"""The reader against the oracle, on lines whose bytes Hypothesis and chance have changed."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from icpctl.values.json_records import shallow
from tests import oracle
from tests.exports.reading_oracle import (
    DEFAULT,
    by_icpctl,
    by_oracle,
    comparable,
    disagreement,
)
from tests.exports.torture import SMALL
from tests.long import examples, long

QUICK = settings(
    max_examples=examples(25),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # `disagreement` shrinks
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
SEEDS = [
    line.data for line in SMALL for _ in range(1 if line.becomes else 3) if 4 < len(line.data) < 300
]
PIECES = [
    *(b"NaN", b"nan", b"-inf", b"Infinity", b"null", b"true", b"1e999", b"-0", b"0", b"1", b"e"),
    *(b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"\\", b'"', b"'", b":", b",", b"{", b"}", b"["),
    *(b"]", b"/*", b"*/", b"//", b"#", b".", b"-", b"+", b" ", b"\t", b"\r", b"\x0b", b"\x0c"),
    *(b"\xff", b"\xc3", b"\xc3\xa9", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x00", b"\x1f", b"\x7f"),
    *(b"\xc2\xa0", b"\xe2\x80\xa8", b'"id":2,', b'"industry":"b",', b'"company":{"domain":"q"},'),
    *(b'"company":"Acme",', b'"Company":null,', b'"visitor":null,', b'"visitor":{"id":[1,{}]},'),
]
ENDS = [b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b"\n \n"]


def changed(line: bytes, random: Random) -> bytes:
    """The line with a few bytes put in, taken out, replaced or repeated."""
    data = bytearray(line)
    for _ in range(random.choice([0, 1, 1, 1, 2, 3])):
        place = random.randrange(len(data) + 1)
        match random.randrange(5):
            case 0 | 1:
                data[place:place] = random.choice(PIECES)
            case 2:
                del data[place : place + random.choice([1, 1, 2, 5])]
            case 3:
                data[place : place + 1] = random.choice(PIECES)
            case 4:
                data[place:place] = data[place : place + random.randrange(20)]
    return bytes(data).replace(b"\n", b"")


@QUICK
@given(seed=st.integers(0, 2**32), rows=st.sampled_from([3, 64, 122_880]))
def test_changed_lines(seed: int, rows: int) -> None:
    random = Random(seed)
    data = b"".join(changed(random.choice(SEEDS), random) + random.choice(ENDS) for _ in range(250))
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1].removesuffix(b"\n")
    assert disagreement(lines, rows) == []


USUAL = {key for paths in DEFAULT.values() for path in paths for key in path}
UNUSUAL = ["Company", "SESSION", "Industry", "domaiN", "", "a.b", 'a"b', "\u00e9", "\u2028", "x"]
KEYS = st.sampled_from([*sorted(USUAL), "visitor", "company", "session", *UNUSUAL])
SCALARS = st.sampled_from(
    [None, True, 0, -0.0, 1.5, 10**30, "", " ", "a", '"', "\\", "é\u2028", "[1]", "{}", "null"]
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, SCALARS | VALUES, max_size=5)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "visitor": OBJECTS | VALUES,
        "company": OBJECTS | VALUES,
        "session": OBJECTS | VALUES,
        "id": VALUES,
        "industry": VALUES,
        "pages": VALUES,
        "Company": OBJECTS,
        "company.industry": SCALARS,
    },
)


@long
@QUICK
@given(
    common=st.lists(RECORDS, min_size=1, max_size=3),
    others=st.lists(RECORDS, max_size=25),
    before=st.sampled_from([0, 1, 250]),
    escape=st.booleans(),
)
def test_nested_records(
    common: list[dict[str, Any]], others: list[dict[str, Any]], before: int, escape: bool
) -> None:
    """Whatever the first records have, which the reader takes as a sample, no other is lost."""
    records = [*(common * (before + 1))[: max(before, len(common))], *others]
    lines = [json.dumps(record, ensure_ascii=escape).encode() + b"\n" for record in records]
    assert disagreement(lines) == []


def test_the_oracle_sees_records_and_rejects() -> None:
    """The tests above compare something."""
    random = Random(0)
    lines = [changed(random.choice(SEEDS), random) + b"\n" for _ in range(1000)]
    read = by_oracle(lines)
    assert len(read.records) > 200
    assert len(read.rejected) > 200
    assert by_icpctl(b"".join(lines)) == read


def test_deep_json_has_the_grammar_of_shallow_json() -> None:
    """What checks JSON that is nested too deep for the decoder takes what the oracle takes."""
    random = Random(4)
    taken = 0
    for _ in range(6000):
        text = changed(random.choice(SEEDS), random).decode(errors="replace").strip(" \t\r")
        try:
            value = oracle.parse(text)
        except ValueError:
            with pytest.raises(json.JSONDecodeError):
                shallow(text, 1)
            continue
        taken += 1
        assert comparable(oracle.parse(shallow(text, 9))) == comparable(value)
        top = oracle.parse(shallow(text, 1))
        expected = (
            {key: 0 if isinstance(one, dict | list) else one for key, one in value.items()}
            if isinstance(value, dict)
            else top
        )
        assert comparable(top) == comparable(expected)
    assert taken > 1000
