"""The request for SQL: the dialect, the table and its columns, and how visitors are scored."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.errors import IcpctlError
from icpctl.features.sql.columns import default_columns, load_columns
from icpctl.vocabulary import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from icpctl.features.sql.columns import Columns
    from icpctl.vocabulary import Vocabulary

_PART = re.compile(r'"((?:[^"]|"")*)"|([^".`]+)')


class Request(Struct, frozen=True):
    """The request for SQL; `table` holds the parts of the table's name.

    Without `as_of` days are counted to when the statement runs.
    """

    dialect: str
    table: tuple[str, ...]
    columns: Columns
    as_of: datetime | None = None
    case_sensitive: bool = False
    tiers: Mapping[str, float] = field(default_factory=dict)


def make_request(
    dialect: str,
    table: str,
    columns: Path | None = None,
    *,
    as_of: datetime | None = None,
    case_sensitive: bool = False,
    tiers: Mapping[str, float] | None = None,
    vocabulary: Vocabulary = BUILT_IN,
) -> Request:
    """Return the request for a table, and the file that names its columns.

    Raises `IcpctlError`: `bad_usage`, `no_such_path`, `bad_columns`.
    """
    known = default_columns() if columns is None else load_columns(columns, vocabulary)
    return Request(dialect, table_parts(table), known, as_of, case_sensitive, tiers or {})


def table_parts(words: str) -> tuple[str, ...]:
    """Return the parts of a table's name such as `analytics."my visitors"`, three at most.

    Raises `IcpctlError` `bad_usage`.
    """
    parts = []
    at = 0
    while match := _PART.match(words, at):
        quoted, bare = match.groups()
        parts.append(bare.strip() if quoted is None else quoted.replace('""', '"'))
        at = match.end()
        if words[at : at + 1] != ".":
            break
        at += 1
    names = 1 <= len(parts) <= 3 and at == len(words) and not words.endswith(".")
    if not names or not all(part.strip() and part.isprintable() for part in parts):
        raise IcpctlError(
            f"{words[:100]!r} is not the name of a table",
            "bad_usage",
            hint='such as visitors, analytics.visitors or lake."odd name".visitors',
        )
    return tuple(parts)
