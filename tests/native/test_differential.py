"""The compiled scanner answers as the one in Python does, whatever it reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from icpctl.exports.scanner.scan_results import Wanted
from tests.long import examples, long
from tests.native import corpus
from tests.native.answers import WANTED, answers, native, parts_of, python

ALL_LINES = b"\n".join(corpus.LINES)
ALL_CSV = b"\n".join(corpus.CSV)
PIECES = st.sampled_from([*corpus.PIECES, *corpus.VALUES])
CUTS = st.lists(st.integers(0, 200), max_size=4)


@pytest.mark.parametrize("line", corpus.LINES, ids=range(len(corpus.LINES)))
def test_each_line_of_the_corpus(line: bytes) -> None:
    lines = [b'{"a":0}\n', line, b'\n{"a":2}']
    assert answers(native(), lines) == answers(python(), lines)


@pytest.mark.parametrize("record", corpus.CSV, ids=range(len(corpus.CSV)))
@pytest.mark.parametrize("delimiter", [b",", b";", b"\t", b"|"])
def test_each_record_of_the_corpus(record: bytes, delimiter: bytes) -> None:
    record = record.replace(b",", delimiter)
    records = [record, b"\n", delimiter * 7]
    assert answers(native(), records, delimiter) == answers(python(), records, delimiter)


def test_the_corpus_together() -> None:
    assert answers(native(), [ALL_LINES]) == answers(python(), [ALL_LINES])
    assert answers(native(), [ALL_CSV], b",") == answers(python(), [ALL_CSV], b",")


def test_the_corpus_is_both_accepted_and_rejected() -> None:
    answer = answers(native(), [ALL_LINES])
    assert len(answer.lines) > 100
    assert len({reason for _, reason, *_ in answer.rejected}) >= 12
    assert all(answer.columns)


@long
@pytest.mark.parametrize("delimiter", [b"", b","])
def test_a_stream_cut_at_every_byte(delimiter: bytes) -> None:
    data = ALL_CSV if delimiter else b"\xef\xbb\xbf" + b"\n".join(corpus.LINES[-30:])
    whole = answers(native(), [data], delimiter)
    scanner, oracle = native(), python()
    for cut in range(len(data) + 1):
        assert answers(scanner, [data[:cut], data[cut:]], delimiter) == whole
    assert answers(oracle, [data[i : i + 1] for i in range(len(data))], delimiter) == whole


@given(st.lists(PIECES, max_size=30).map(b"".join), CUTS)
@settings(max_examples=examples(400))
def test_any_bytes_as_json(data: bytes, cuts: list[int]) -> None:
    assert answers(native(), parts_of(data, cuts)) == answers(python(), [data])


@given(st.lists(PIECES, max_size=30).map(b"".join), CUTS)
@settings(max_examples=examples(400))
def test_any_bytes_as_csv(data: bytes, cuts: list[int]) -> None:
    assert answers(native(), parts_of(data, cuts), b",") == answers(python(), [data], b",")


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_lines_with_one_scanner(seed: int) -> None:
    random = Random(seed)
    scanner, oracle = native(), python()
    for _ in range(15):
        lines = [corpus.spoiled(line, random, corpus.LINES) for line in corpus.LINES[-80:]]
        data = b"\n".join(lines)
        cuts = [random.randrange(len(data) + 1) for _ in range(3)]
        assert answers(scanner, parts_of(data, cuts)) == answers(oracle, [data])


@pytest.mark.parametrize("seed", range(8))
def test_spoiled_records_with_one_scanner(seed: int) -> None:
    random = Random(seed)
    scanner, oracle = native(), python()
    for _ in range(15):
        records = [corpus.spoiled(record, random, corpus.CSV) for record in corpus.CSV]
        data = b"\n".join(records)
        cuts = [random.randrange(len(data) + 1) for _ in range(3)]
        assert answers(scanner, parts_of(data, cuts), b",") == answers(oracle, [data], b",")


@long
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_scanners_on_several_threads(threads: int) -> None:
    expected = answers(python(), [ALL_LINES * 20])
    with ThreadPoolExecutor(threads) as pool:
        for answer in pool.map(lambda _: answers(native(), [ALL_LINES * 20]), range(8)):
            assert answer == expected


def test_nothing_wanted() -> None:
    scanners = native([]), python([])
    first, second = (answers(scanner, [ALL_LINES], wanted=()) for scanner in scanners)
    assert first == second
    assert WANTED
    assert Wanted(()).path == ()
