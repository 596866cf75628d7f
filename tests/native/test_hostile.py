"""Input made to take forever, or all memory: it takes neither, and says which limit it met."""

from __future__ import annotations

import pytest

from icpctl.exports.scanner.scan_results import ELEMENTS, Block, CsvHeader, Reason, Wanted
from icpctl.values.json_records import MAX_LINE_BYTES
from tests.long import long, some
from tests.native.answers import answers, native, python, read, values_in

A = (Wanted(("a",)),)
MIB = 1 << 20


@pytest.mark.parametrize("before", some([b'{"a":', b"", b'{"x":', b'{"a":{"b":'], 2))
def test_eight_million_brackets(before: bytes) -> None:
    count = MAX_LINE_BYTES // 2 - 20
    scanner = native((*A, Wanted(("a", "b"))))
    for brackets in (b"[" * count + b"]" * count, b"[" * (2 * count), b'{"":' * (count // 2)):
        scanner.clear(line=1)
        read(scanner, [before + brackets + b"}" * before.count(b"{"), b'\n{"a":1}\n'])
        is_whole = b"]" in brackets and before
        assert scanner.lines.tolist() == ([1, 2] if is_whole else [2])
        assert len(scanner.rejected) == (0 if is_whole else 1)


@long
@pytest.mark.parametrize(
    ("spelling", "count"),
    [("k%d", 10**6), ("A_%d", 10**6), ("\\u0061%d", 700_000), ("ü%d", 200_000)],
)
def test_a_million_different_keys(spelling: str, count: int) -> None:
    pairs = (f'"{spelling % n}":1' for n in range(count))
    line = ("{" + ",".join(pairs) + ',"a":"last"}\n').encode()
    scanner = native((*A, Wanted(("Ü199999",))))
    read(scanner, [line, line])
    assert values_in(scanner.columns(0)[0]) == [b'"last"'] * 2
    assert bool(scanner.columns(1)) == spelling.startswith("ü")


def test_a_million_keys_in_many_lines() -> None:
    lines = [b'{"k%d":1,"A":%d}\n' % (n, n % 3) for n in range(300_000)]
    scanner = native(A)
    read(scanner, [b"".join(lines)])
    assert values_in(scanner.columns(0)[0]) == [b"%d" % (n % 3) for n in range(300_000)]


def test_every_way_to_write_a_wanted_key() -> None:
    keys = (b'"' + bytes(letters) + b'"' for letters in _ways(b"company"))
    lines = [b'{"x":1,%s:%d}\n' % (key, n) for n, key in enumerate(keys)]
    scanner, oracle = (make((Wanted(("company",)),)) for make in (native, python))
    for reader in (scanner, oracle):
        read(reader, [b"".join(lines)])
    values = [[values_in(column) for column in reader.columns(0)] for reader in (scanner, oracle)]
    assert values[0] == values[1]
    assert len(lines) == 3**7


def _ways(word: bytes) -> list[bytes]:
    """The word with each letter small, capital, or escaped."""
    if not word:
        return [b""]
    first = (word[:1], word[:1].upper(), b"\\u%04x" % word[0])
    return [letter + rest for rest in _ways(word[1:]) for letter in first]


def test_values_that_all_differ_or_nearly() -> None:
    lines = b"".join(b'{"a":"%d"}\n' % (n * 2_654_435_761 % 1_000_003) for n in range(400_000))
    scanner = native(A)
    read(scanner, [lines])
    assert values_in(scanner.columns(0)[0])[-1] == b'"%d"' % (399_999 * 2_654_435_761 % 1_000_003)


def test_more_copies_for_other_spellings_than_there_may_be() -> None:
    path = tuple("abcdefgh")
    keys = [b'"%s%s"' % (b"_" * count, b"%c") for count in range(9)]
    value = b"1"
    for letter in reversed(path[:5]):
        value = b"{" + b",".join(key % letter.encode() + b":" + value for key in keys) + b"}"
    scanner = native((Wanted(path),))
    read(scanner, [value, b'\n{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":2}}}}}}}}\n'])
    assert [line.reason for line in scanner.rejected] == [Reason.SPELLINGS]
    assert values_in(scanner.columns(0)[0]) == [b"2"]


@pytest.mark.parametrize("delimiter", [b"", b","])
@pytest.mark.parametrize("start", some([b'{"a":"', b"", b'"', b"x,"], 2))
def test_a_line_of_three_gigabytes(delimiter: bytes, start: bytes) -> None:
    count = 3000 if not start else 40
    scanner, block = native(), Block()
    scanner.clear(line=1, at_start=True)
    scanner.header(CsvHeader(["a"] * 8))
    parts = [b'{"a":0}\n' if not delimiter else b",,,,,,,\n", start, *[b"x" * MIB] * count]
    for part in [*parts, b"x\n", parts[0], b"\n", parts[0]]:
        block.append(part)
        if delimiter:
            scanner.scan_csv(block, delimiter=delimiter, is_last=False)
        else:
            scanner.scan_json(block, is_last=False)
        assert len(block) <= MAX_LINE_BYTES + MIB
    assert block._room <= 2 * (MAX_LINE_BYTES + 2 * MIB)
    assert scanner.lines.tolist() == [1, 3, 5]
    assert [(line.line, line.reason) for line in scanner.rejected] == [(2, Reason.TOO_LONG)]


@long
def test_a_csv_of_a_hundred_thousand_columns() -> None:
    names = [f"column {n}" for n in range(100_000)]
    row = ",".join(str(n) for n in range(100_000)).encode() + b"\n"
    for make in (native, python):
        scanner = make((Wanted(("column_99999",)), Wanted(("Column 7",))))
        scanner.header(CsvHeader(names))
        scanner.scan_csv(Block(row * 3 + b"1,2\n"), delimiter=b",", is_last=True)
        assert [values_in(scanner.columns(n)[0])[2] for n in (0, 1)] == [b'"99999"', b'"7"']
        assert scanner.rejected[0].words == "the row has 2 cells, the header has 100000"


@long
def test_quotes_that_are_never_closed() -> None:
    record = b'"' + b'""' * 20 + b"x" * 20 + b"\n"
    scanner = native()
    answer = answers(scanner, [record * 5_000, b',"', b"x\n" * 50_000], b",")
    assert answer == answers(python(), [record * 5_000, b',"', b"x\n" * 50_000], b",")


def test_bad_lines_and_blank_lines() -> None:
    scanner = native((*A, Wanted(("p", ELEMENTS))))
    read(scanner, [b'{"p":[1,2,3],"a":1,}\n\n \n' * 100_000, b'{"p":[4],"a":2}\n'])
    assert len(scanner.rejected) == 100_000
    assert scanner.lines.tolist() == [300_001]
    pages = scanner.columns(1)[0]
    assert values_in(pages) == [b"4"]
    assert scanner.table(pages.table).offsets.tolist() == [0, 1]
