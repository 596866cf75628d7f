"""Nodes and columns in plain Python: the twins of `native/nodes.h` and `native/rows.h`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from icpctl.exports.json_tokens import BadTokenError, unescape
from icpctl.exports.key_forms import key_form
from icpctl.exports.rejections import MAX_SPELLINGS, Reason
from icpctl.exports.scan_results import (
    ELEMENTS,
    NO_KIND,
    Column,
    Elements,
    KeyCount,
    Kind,
    Survey,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.exports.scan_results import Path, Step, Wanted

_MAX_CACHED_KEYS = 1024
_MAX_SURVEYED = 1000
_MAX_SURVEY_DEPTH = 32


@dataclass(slots=True)
class PythonColumn:
    """A column while it is read: the rows that have a value, and the code of each."""

    number: int
    wanted: int
    table: int
    rows: list[int] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    dictionary: dict[bytes, int] = field(default_factory=dict)
    size: int = 0
    generation: int = 0

    def put(self, row: int, token: bytes) -> None:
        """Give a row its value."""
        code = self.dictionary.setdefault(token, len(self.dictionary))
        if code == len(self.dictionary) - 1 and (not self.codes or code > max_code(self)):
            self.size += len(token)
        self.rows.append(row)
        self.codes.append(code)

    def take_back(self, row: int) -> None:
        """Take away the values of all rows from `row` on."""
        while self.rows and self.rows[-1] >= row:
            self.rows.pop()
            self.codes.pop()
