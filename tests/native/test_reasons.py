"""The reasons for which lines are rejected, in words, with their places."""

from __future__ import annotations

import pytest

from icpctl.values.json_records import MAX_LINE_BYTES
from tests.long import long
from tests.native.answers import answers, native, python, read

LINES = {
    b'{"a": 1, "b": "cut off': "the line is cut off: unterminated string at column 15",
    b'{"a": 1, "b": "cut off\r': "the line is cut off: unterminated string at column 15",
    b'{"a": 1, "b": "cut \\': "the line is cut off: unterminated string at column 15",
    b'{"a": 1, "b"': "the line is cut off: expecting ':' delimiter at column 13",
    b'{"a": 1, "b":': "the line is cut off: expecting value at column 14",
    b'{"a": 1 \r': "the line is cut off: expecting ',' delimiter at column 8",
    b'{"a": 1,': "the line is cut off: expecting property name enclosed in double quotes"
    " at column 9",
    b'{"a": 1,}': "bad JSON: expecting property name enclosed in double quotes at column 9",
    b'{"a" 1}': "bad JSON: expecting ':' delimiter at column 6",
    b'{"a": 1 "b": 2}': "bad JSON: expecting ',' delimiter at column 9",
    b'{"a": [1,]}': "bad JSON: expecting value at column 10",
    b'{"a": .5}': "bad JSON: expecting value at column 7",
    b'{"a": 01}': "bad JSON: expecting ',' delimiter at column 8",
    '{"ü": tru}'.encode(): "bad JSON: expecting value at column 7",
    b'{"a": "\t"}': "bad JSON: invalid control character at column 8",
    b'{"a": "\\x"}': "bad JSON: invalid \\escape at column 8",
    b'{"a": "\\u12"}': "bad JSON: invalid \\uXXXX escape at column 9",
    b'{"a": 1} {}': "something follows the first value at column 10",
    b'{"a": 1}]': "something follows the first value at column 9",
    b"[1]": "a list, not an object",
    b" null": "null, not an object",
    b"true": "a boolean, not an object",
    b"-1": "a number, not an object",
    b"NaN": "a number, not an object",
    b'"a"': "a string, not an object",
    b'{"a": "\xff"}': "invalid UTF-8 at byte 8",
    b'{"a": 1,} \xe2\x82': "invalid UTF-8 at byte 11",
    b'\xef\xbb\xbf{"a": 1}': "bad JSON: a byte order mark inside the file",
    b'{"A": 1' + b"".join(b',"%sa": 1' % (b"_" * n) for n in range(1, 9)) + b"}": "a key has more"
    " than 8 spellings at column 86",
}

RECORDS = {
    b"1,2": "the row has 2 cells, the header has 8",
    b"1": "the row has 1 cell, the header has 8",
    b'1,"open': "the quote at byte 3 is never closed",
    b'1,"\n\n","open': "the quote at byte 3 of line 3 is never closed",
    b'"a"b,2,3,4,5,6,7,8': "the quotes do not match at byte 4; a quote inside of quotes is written"
    " twice",
    b'"\n"b,2,3,4,5,6,7,8': "the quotes do not match at byte 2 of line 2; a quote inside of quotes"
    " is written twice",
    b"1,2,\xff,4,5,6,7,8": "invalid UTF-8 at byte 5",
}


@pytest.mark.parametrize("line", LINES, ids=map(repr, LINES))
def test_json_lines(line: bytes) -> None:
    for scanner in (native(), python()):
        read(scanner, [b"{}\n\n", line, b"\n{}\n"])
        (rejected,) = scanner.rejected
        assert str(rejected) == LINES[line]
        assert (rejected.line, rejected.raw) == (3, line)
        assert scanner.lines.tolist() == [1, 4]


@pytest.mark.parametrize("record", RECORDS, ids=map(repr, RECORDS))
def test_csv_records(record: bytes) -> None:
    for scanner in (native(), python()):
        answer = answers(scanner, [record], b",")
        assert answer.lines == []
        line, _, _, raw, words = answer.rejected[0]
        assert (line, words) == (1, RECORDS[record])
        assert record.startswith(raw)  # type: ignore[arg-type]


@long
@pytest.mark.parametrize("delimiter", [b"", b","])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("block", [1 << 20, 1 << 26])
def test_the_longest_line(delimiter: bytes, end: bytes, block: int) -> None:
    head, tail = (b"x" * 10, b"," * 7) if delimiter else (b'{"x":"', b'"}')
    fits = head + b"x" * (MAX_LINE_BYTES - len(head + tail)) + tail
    first = b",,,,,,," if delimiter else b"{}"
    for line, lines in ((fits, [1, 2, 3]), (b"x" + fits if delimiter else fits + b" ", [1, 3])):
        data = first + b"\n" + line + (end + first if end else b"")
        expected = lines if end else lines[:-1]
        parts = [data[at : at + block] for at in range(0, len(data), block)]
        answer = answers(native(), parts, delimiter)
        assert answer.lines == expected
        words = [rejected[-1] for rejected in answer.rejected]
        assert words == ([] if len(lines) == 3 else ["the line is over 16 MiB"])
        if (end, block) == (b"\n", 1 << 20):  # the one in Python takes its time
            assert answers(python(), parts, delimiter) == answer
