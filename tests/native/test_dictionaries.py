"""Dictionaries: kept from block to block, bounded, given up where they do not pay."""

from __future__ import annotations

from icpctl.exports.scanner.scan_results import ELEMENTS, Block, Kind, Wanted
from tests.native.answers import native, python, read, tokens_in, values_in

FEW = b"".join(b'{"a":"value %d","p":[%d,"x"]}\n' % (n % 7, n % 3) for n in range(1000))
COUNT = 200_000  # rows, more than are looked at to decide whether a dictionary pays
WANTED = (Wanted(("a",)), Wanted(("p", ELEMENTS)))


def _distinct(first: int, count: int) -> bytes:
    return b"".join(b'{"a":"value %d"}\n' % n for n in range(first, first + count))


def test_codes_keep_their_meaning_as_long_as_the_dictionary_is_kept() -> None:
    for scanner in (native(WANTED), python(WANTED)):
        read(scanner, [FEW])
        first = scanner.columns(0)[0]
        tokens, number, generation = tokens_in(first), first.number, first.generation
        assert tokens == [b'"value %d"' % n for n in range(7)]
        scanner.clear(line=1001, max_bytes=1 << 20)
        assert scanner.rows == 0
        read(scanner, [b'{"a":"new"}\n', FEW])
        second = scanner.columns(0)[0]
        assert (second.number, second.generation) == (number, generation)
        assert tokens_in(second) == [*tokens, b'"new"']
        assert tokens_in(second, 7) == [b'"new"']
        assert second.codes[:4].tolist() == [7, 0, 1, 2]
        assert scanner.lines[0] == 1001


def test_a_dictionary_over_the_bound_begins_anew() -> None:
    for scanner in (native(WANTED), python(WANTED)):
        read(scanner, [FEW])
        generations = [scanner.columns(n)[0].generation for n in (0, 1)]
        scanner.clear(line=1, max_bytes=20)  # below the texts of `a`, above those of `p`
        read(scanner, [FEW])
        columns = [scanner.columns(n)[0] for n in (0, 1)]
        changed = [
            column.generation - old for column, old in zip(columns, generations, strict=True)
        ]
        assert changed == [1, 0]
        assert values_in(columns[0])[:2] == [b'"value 0"', b'"value 1"']


def test_a_column_whose_values_nearly_all_differ_turns_plain() -> None:
    scanner = native(WANTED)
    read(scanner, [_distinct(0, COUNT)])
    column = scanner.columns(0)[0]
    assert column.is_plain
    assert values_in(column) == [b'"value %d"' % n for n in range(COUNT)]
    generation = column.generation
    scanner.clear(line=1, max_bytes=1 << 30)
    read(scanner, [_distinct(5, 10), _distinct(5, 10)])
    column = scanner.columns(0)[0]
    assert column.generation == generation + 1
    assert column.codes.tolist() == list(range(20))
    assert values_in(column) == [b'"value %d"' % n for n in range(5, 15)] * 2


def test_a_column_of_which_one_value_in_ten_is_known_keeps_its_dictionary() -> None:
    scanner = native(WANTED)
    lines = [b'{"a":%d}\n' % (n if n % 10 else 0) for n in range(COUNT)]
    read(scanner, lines)
    column = scanner.columns(0)[0]
    assert not column.is_plain
    assert len(tokens_in(column)) == COUNT * 9 // 10 + 1
    assert values_in(column) == [line[5:-2] for line in lines]


def test_kinds_and_brief_kinds() -> None:
    wanted = (
        Wanted(("a",), Kind.STRING),
        Wanted(("b",), Kind.NUMBER | Kind.NOT_FINITE),
        Wanted(("c",), Kind.STRING, brief=Kind.OBJECT | Kind.LIST),
    )
    lines = (
        b'{"a":"x","b":1,"c":"y"}\n{"a":1,"b":"1","c":[1,{}]}\n{"a":[],"b":NaN,"c":{"d":[2]}}\n'
        b'{"a":{},"b":true,"c":null}\n{"a":true,"b":null,"c":1}\n'
    )
    for scanner in (native(wanted), python(wanted)):
        read(scanner, [lines])
        values = [values_in(scanner.columns(index)[0]) for index in range(3)]
        assert values == [
            [b'"x"', None, None, None, None],
            [b"1", None, b"NaN", None, None],
            [b'"y"', b"[]", b"{}", None, None],
        ]


def test_arrays_outlive_their_scanner() -> None:
    scanner = native(WANTED)
    scanner.scan_json(Block(FEW), is_last=True)
    codes, lines = scanner.columns(0)[0].codes, scanner.lines
    del scanner
    assert codes[:8].tolist() == [0, 1, 2, 3, 4, 5, 6, 0]
    assert lines[-1] == 1000
