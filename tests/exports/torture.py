"""A file with everything that goes wrong in exports, and what is to become of each line."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa

from tests import oracle
from tests.support import AS_OF

MIB = 1024 * 1024
BOM = b"\xef\xbb\xbf"
BLANK = "blank"


class Line(NamedTuple):
    """A line without its end.

    `becomes` is None for a visitor, else BLANK or a part of the reason why it is rejected.
    """

    data: bytes
    becomes: str | None = None
    end: bytes = b"\n"


def visitor(name: str, **fields: Any) -> bytes:
    """A good record that every config asks something of."""
    return json.dumps({"id": name, "industry": "SaaS", **fields}, ensure_ascii=False).encode()


def padded(size: int, name: str = "padded") -> bytes:
    """A good record of exactly `size` bytes."""
    bare = len(visitor(name, padding=""))
    return visitor(name, padding="x" * (size - bare))


def nested(brackets: bytes, depth: int) -> bytes:
    """A list or object within itself."""
    if brackets == b"[]":
        return b"[" * depth + b"]" * depth
    return b'{"a":' * depth + b"1" + b"}" * depth


SMALL = [
    Line(BOM + visitor("behind a BOM"), end=b"\r\n"),
    Line(visitor("CRLF"), end=b"\r\n"),
    Line(b"", BLANK),
    Line(b"  \t ", BLANK, b"\r\n"),
    Line(b"\x0b\x0c", BLANK),
    Line(visitor("good")),
    # Not JSON
    Line(b'{"id": "bad", "industry": SaaS}', "bad JSON: expecting value at column 27"),
    Line(b'{"id": "bad" "industry": "SaaS"}', "bad JSON: expecting ',' delimiter at column 14"),
    Line(b"{id: 1}", "bad JSON"),
    Line(b"{'id': 1}", "bad JSON"),
    Line(b'{"id": 01}', "bad JSON"),
    Line(b'{"id": +1}', "bad JSON"),
    Line(b'{"id": .5}', "bad JSON"),
    Line(b'{"id": 1.}', "bad JSON"),
    Line(b'{"id": 0x10}', "bad JSON"),
    Line(b'{"id": True}', "bad JSON"),
    Line(b'{"id": "a\tb"}', "bad JSON"),
    Line(b'{"id": "\\x41"}', "bad JSON"),
    Line(b'{"id": "\\u12"}', "bad JSON"),
    Line(b'{"id": "cut', "cut off"),
    Line(b'{"id": "cut", "pages": ["/a"', "cut off"),
    Line(b'{"id": "cut"', "cut off"),
    Line(b'{"id": 1,}', "bad JSON"),
    Line(b'{"id": 1, "x": [1, 2, ]}', "bad JSON"),
    Line(b'{"id": 1 ,\t}', "bad JSON"),
    Line(b'{,"id": 1}', "bad JSON"),
    Line(b'{"id": 1,, "x": 2}', "bad JSON"),
    Line(visitor("comma in a string", x="[1,]", y=",}")),
    Line(b'{"id": 1} // why', "something follows the first value at column 11"),
    Line(b'{"id": 1 /* why */}', "bad JSON"),
    Line(b'/* why */ {"id": 1}', "bad JSON"),
    Line(b'# {"id": 1}', "bad JSON"),
    Line(b"id,industry", "bad JSON: expecting value at column 1"),
    Line(visitor("junk") + b" junk", "something follows"),
    Line(visitor("junk") + b"]", "something follows"),
    Line(visitor("junk") + b",", "something follows"),
    Line(visitor("one") + visitor("two"), "something follows"),
    Line(visitor("one") + b" " + visitor("two"), "something follows"),
    Line(b'{"id": "over",', "cut off"),
    Line(b'"industry": "two lines"}', "something follows"),
    # JSON, but no object
    Line(b"[" + visitor("in a list") + b"]", "a list, not an object"),
    Line(b"[", "cut off"),
    Line(visitor("in a list") + b",", "something follows"),
    Line(b"]", "bad JSON"),
    Line(b"[]", "a list, not an object"),
    Line(b'"text"', "a string, not an object"),
    Line(b"12", "a number, not an object"),
    Line(b"NaN", "a number, not an object"),
    Line(b"null", "null, not an object"),
    Line(b"true", "a boolean, not an object"),
    # Bytes
    Line(b'{"id": "\xff"}', "invalid UTF-8 at byte 9"),
    Line(b'{"id": 1, "unknown": "\xc3"}', "invalid UTF-8 at byte 23"),
    Line(b'{"id": 1, "unknown": "\xed\xa0\x80"}', "invalid UTF-8"),
    Line(b'{"id": 1, "unknown": "\xc0\x80"}', "invalid UTF-8"),
    Line(b'{"id": 1, "\xff": 2}', "invalid UTF-8"),
    Line(b"\xff\xfe{\x00}\x00", "invalid UTF-8 at byte 1"),
    Line(b'{"id": "\x00"}', "bad JSON"),
    Line(b'{"id": 1, "unknown": "\x00"}', "bad JSON"),
    Line(b'{"id": 1}\x00', "something follows"),
    Line(b'\x00{"id": 1}', "bad JSON"),
    Line(b"\x00", "bad JSON"),
    Line(b"\x1c", "bad JSON"),
    Line(b"\xc2\xa0", "bad JSON"),
    Line(b"\xe2\x80\xa8", "bad JSON"),
    Line(b'\xc2\xa0{"id": 1}', "bad JSON"),
    Line(BOM + b'{"id": 1}', "byte order mark inside the file"),
    Line(BOM, "byte order mark inside the file"),
    Line(b'{"id": "a"}\r{"id": "b"}', "something follows"),
    Line(b' \t{"id": "spaces around"}  '),
    Line(b'\x0c{"id": "form feeds around"}\x0b'),
    Line(b'{\x0c"id": 1}', "bad JSON"),
    Line(visitor("line separator \u2028 inside \x7f")),
    Line(b'{"id": "escaped NUL \\u0000", "industry": "SaaS"}'),
    # Numbers
    Line(b'{"id": "NaN", "session_count": NaN, "unknown": [NaN]}'),
    Line(b'{"id": "nan", "session_count": nan, "industry": "SaaS"}'),
    Line(b'{"id": "inf", "unknown": {"deep": -Infinity}, "session_count": -inf}'),
    Line(b'{"id": "nan in pages", "pages": ["/a", nan, {"url": INFINITY}]}'),
    Line(b'{"id": "nan among bad", "session_count": nan, "industry": "\\ud800"}'),
    Line(b'{"id": "big", "session_count": 1e999, "company_size": -1e999}'),
    Line(b'{"id": "long", "session_count": ' + b"9" * 5000 + b"}"),
    Line(b'{"id": -0, "session_count": -0.0}'),
    Line(b'{"id": 123456789012345678901234567890, "session_count": 1e2}'),
    # Keys
    Line(b'{"id": "first wins", "industry": "SaaS", "industry": "Retail"}'),
    Line(b'{"id": "first is null", "industry": null, "industry": "SaaS"}'),
    Line(b'{"company": {"industry": "SaaS", "industry": "Retail"}, "id": "nested twice"}'),
    Line(b'{"company": {"industry": "SaaS"}, "company": {"industry": "Retail"}}'),
    Line(b'{"ID": "letter case", "Industry": "SaaS", "COMPANY": {"industry": "SaaS"}}'),
    Line(b'{"Industry": "Retail", "industry": "SaaS", "INDUSTRY": "Retail"}'),
    Line(b'{"i\\u0064": "escaped key", "indu\\u0073try": "SaaS"}'),
    Line(b"{}"),
    Line(b" { } ", end=b"\r\n"),
    Line(b'{"unknown": "SaaS", "": 1, "x.y": 2, "\\u0000": 3}'),
    Line(b'{"company": {"unknown": 1}}'),
    # Strings
    Line(b'{"id": "\\ud800", "industry": "SaaS"}'),
    Line(b'{"id": "\\udc00\\ud800 x", "industry": "SaaS"}'),
    Line(b'{"id": "a", "\\ud800": "SaaS", "industry": "\\ud83d\\ude00"}'),
    Line(b'{"id": "unknown surrogate", "unknown": "\\ud800"}'),
    Line(visitor('"; drop table x; -- $1 {} * \\ \U0001f680')),
    # Depth
    Line(nested(b"[]", 5000), "a list, not an object"),
    Line(b"[" * 5000, "cut off"),
    Line(nested(b"{}", 5000)),
    Line(b'{"id": "deep list", "unknown": ' + nested(b"[]", 5000) + b"}"),
    Line(b'{"id": "deep", "industry": ' + nested(b"{}", 5000) + b"}"),
    Line(b'{"id": "deep pages", "pages": ' + nested(b"[]", 5000) + b"}"),
    Line(b'{"id": 1, "unknown": ' + nested(b"[]", 5000)[:-1] + b"}", "bad JSON"),
    Line(b'{"id": 1, "unknown": ' + b"[" * 5000 + b'"' + b'\\"' * 5000, "cut off"),
]
BIG = [
    Line(padded(15 * MIB, "15 MB")),
    Line(padded(16 * MIB, "16 MiB")),
    Line(padded(16 * MIB, "16 MiB with CRLF"), end=b"\r\n"),
    Line(padded(16 * MIB + 1), "over 16 MiB"),
    Line(visitor("between")),
    Line(b'{"id": 1, "unknown": "' + b"x" * (20 * MIB), "over 16 MiB"),
    Line(b"x" * (15 * MIB), "bad JSON"),
]
LAST = Line(b'{"id": "the last line is cut', "cut off", b"")


@cache
def all_lines(*, big: bool) -> list[Line]:
    """Every line, the long ones in the middle."""
    middle = len(SMALL) // 2
    return [*SMALL[:middle], *(BIG if big else []), *SMALL[middle:], LAST]


def joined(lines: list[Line]) -> bytes:
    """The lines as a file's bytes."""
    return b"".join(line.data + line.end for line in lines)


def config(slug: str, *conditions: tuple[Any, ...]) -> tuple[str, dict[str, Any]]:
    """A config with one AND group of (type, comparator, value)."""
    made = [
        dict(zip(("type", "comparator", "value"), condition, strict=False))
        for condition in conditions
    ]
    rules = {"groups": [{"operator": "AND", "conditions": made}]}
    return slug, {"label": slug, "rules": rules}


# The negative ones match records without any known field.
CONFIGS = [
    config("few", ("session_count", "gt", 1)),
    config("no-retail", ("industry", "not_equals", "Retail"), ("page_contains", "not_exists")),
    config("saas", ("industry", "equals", "SaaS")),
]


@cache
def expected(*, big: bool) -> tuple[list[tuple[int, dict[str, Any]]], dict[int, str]]:
    """The verdicts by line as the oracle has them, and why each other line is rejected."""
    verdicts: list[tuple[int, dict[str, Any]]] = []
    reasons: dict[int, str] = {}
    for number, line in enumerate(all_lines(big=big), 1):
        short = re.sub(b"x{999,}", b"x", line.data)  # the oracle is slow
        if short != line.data and line.becomes:
            reasons[number] = line.becomes
            continue
        read = oracle.read_line(short + line.end, first=number == 1)
        if isinstance(read, dict):
            verdict = oracle.verdict(CONFIGS, flat(read), as_of=AS_OF)
            del verdict["warnings"]
            verdicts.append((number, verdict))
            assert line.becomes is None, line.data[:80]
        elif read is None:
            assert line.becomes == BLANK, line.data[:80]
        else:
            assert line.becomes not in {None, BLANK}, line.data[:80]
            reasons[number] = str(line.becomes)
    return verdicts, reasons


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """The record under exact keys, with the industry that may stand in its company."""
    found = {name: spelt(record, name) for name in ("id", "industry", "pages", "company_size")}
    found["session_count"] = spelt(record, "session_count")
    company = spelt(record, "company")
    if found["industry"] is None and isinstance(company, dict):
        found["industry"] = spelt(company, "industry")
    return found


def spelt(record: dict[str, Any], name: str) -> Any:
    """What a record has under a key in any spelling: the exact one, else the first with a value."""
    values = oracle.spelt(record, name)
    return next((value for value in values if value is not None), None)


def gzipped(data: bytes, level: int = 1) -> bytes:
    """Compressed as `gzip` does."""
    return gzip.compress(data, level, mtime=0)


def zstandard(data: bytes) -> bytes:
    """Compressed as `zstd` does, one frame."""
    return bytes(pa.compress(data, codec="zstd", asbytes=True))
