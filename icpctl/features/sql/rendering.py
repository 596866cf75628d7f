"""A statement as text: a SELECT, a view, a table, or a model of dbt with its tests."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from sqlglot import exp

from icpctl.errors import IcpctlError
from icpctl.features.sql.fields import SOURCE
from icpctl.features.sql.statement import comment, source_table, table_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.sql.request import Request
    from icpctl.features.sql.statement import Statement

_WIDTH = 120
_JINJA = re.compile(r"\{(?=[{%#])")


class Wrapping(Struct, frozen=True):
    """How to wrap the SELECT: `form` is `select`, `view`, `table` or `dbt`.

    `name` are the parts of the name of a view or table; `words` describe the statement.
    """

    form: str
    name: tuple[str, ...]
    words: tuple[str, ...]


def render(statement: Statement, request: Request, wrapping: Wrapping) -> str:
    """Return the text, with the words as comments above it.

    Raises `IcpctlError` `not_expressible` if the dialect lacks the wrapping, `bad_usage`.
    """
    head = "".join(f"-- {comment(line)}\n" for line in wrapping.words)
    if wrapping.form == "dbt":
        return _model(statement, request, head)
    tree: exp.Expression = statement.tree
    if wrapping.form != "select":
        tree = _created(tree, request, wrapping)
    return f"{head}{written(tree, request.dialect)};\n"


def written(tree: exp.Expression, dialect: str) -> str:
    """Return a tree as readable text."""
    return tree.sql(dialect, pretty=True, max_text_width=_WIDTH)


def _created(tree: exp.Expression, request: Request, wrapping: Wrapping) -> exp.Create:
    if request.dialect == "clickhouse" and wrapping.form == "table":
        raise IcpctlError(
            "a table of clickhouse has an engine and an order, which icpctl does not know",
            "not_expressible",
            hint="create it as you want it, and INSERT what --as select gives",
        )
    return exp.Create(
        this=table_of(wrapping.name),
        kind=wrapping.form.upper(),
        expression=tree,
        replace=wrapping.form == "view",
    )


# dbt


def _model(statement: Statement, request: Request, head: str) -> str:
    """Return the text of a model; Jinja syntax is escaped except in the two blocks of icpctl."""
    if len(request.table) > 2:
        raise IcpctlError(
            "dbt knows tables as models and as tables of its sources",
            "bad_usage",
            hint="name a model such as visitors, or source.table",
        )
    tree = statement.tree.copy()
    text = written(tree, request.dialect)
    stand_in = "icpctl_visitors"
    while stand_in in text:
        stand_in += "_"
    for node in tree.find_all(exp.Table):
        if node.alias == SOURCE:
            node.replace(source_table([stand_in]))
    quoted = exp.to_identifier(stand_in, quoted=True).sql(request.dialect)
    names = ", ".join(json.dumps(part, ensure_ascii=False) for part in request.table)
    source = f"{{{{ {'ref' if len(request.table) == 1 else 'source'}({names}) }}}}"
    body = escaped(head + written(tree, request.dialect)).replace(quoted, source)
    return f'{{{{ config(materialized="view") }}}}\n\n{body}\n'


def escaped(text: str) -> str:
    """Return text that Jinja renders unchanged."""
    return _JINJA.sub("{{ '{' }}", text)


SCHEMA_HEAD = "# Written by icpctl sql, with the model beside it.\n"


def schema_tests(name: str, slugs: Sequence[str], dialect: str) -> str:
    """Return the properties of the model, with dbt's built-in tests for each column."""
    import yaml

    score = exp.to_identifier("icp_score", quoted=True).sql(dialect)
    # No row out of range has the only accepted value.
    in_range = {
        "arguments": {"values": [0], "quote": False},
        "config": {"where": f"{score} < 0 or {score} > 100"},
    }
    flags: dict[str, Any] = {"arguments": {"values": [True, False], "quote": False}}
    columns = [
        ("id", "The visitor.", ["unique", "not_null"]),
        (
            "icp_match",
            "Whether the visitor matches a config.",
            ["not_null", {"accepted_values": flags}],
        ),
        (
            "icp",
            "The first matching config.",
            [{"accepted_values": {"arguments": {"values": list(slugs)}}}],
        ),
        (
            "icp_score",
            "Its score, 0 to 100; 0 where none matches.",
            ["not_null", {"accepted_values": in_range}],
        ),
        ("matches", "JSON: each config that matches, with its score, in order.", ["not_null"]),
    ]
    model = {
        "name": name,
        "description": "Verdicts of the Ideal Customer Profiles about each visitor.",
        "columns": [
            {"name": column, "description": words, "quote": True, "data_tests": tests}
            for column, words, tests in columns
        ],
    }
    body: str = yaml.safe_dump(
        {"version": 2, "models": [model]}, sort_keys=False, allow_unicode=True, width=100
    )
    return SCHEMA_HEAD + body
