"""Renaming condition types to custom fields changes no verdict of generated SQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given

from icpctl.features.sql.columns import Column, ColumnType
from icpctl.mappings.mapping import ID
from tests.features.sql.tables import USUAL, files_of, row_of, sql_of
from tests.features.sql.test_verdicts import examples
from tests.long import long
from tests.test_custom_fields import RENAMED, Renaming, cases, renamed

if TYPE_CHECKING:
    from tests.features.sql.engines import Engine

DAYS = {"field_last_seen_days": Column("last_seen", ColumnType.TIMESTAMP)}


def agree(case: Renaming, engine: Engine) -> None:
    """Whether the statements of both kinds of configs give the same rows."""
    bodies, visitors = case
    rows = [row_of(record, USUAL) | {ID: str(at)} for at, record in enumerate(visitors)]
    custom = [(slug, renamed(body)) for slug, body in bodies]
    files = files_of(bodies, Path()), files_of(custom, Path(), RENAMED)
    before, after = (
        sorted(engine.run(sql_of(engine.name, of_kind, USUAL, more=DAYS), rows, USUAL))
        for of_kind in files
    )
    assert before == after


@long
@examples(25)
@given(case=cases())
def test_duckdb(case: Renaming, duckdb: Engine) -> None:
    agree(case, duckdb)


@examples(10)
@given(case=cases())
def test_postgres(case: Renaming, postgres: Engine) -> None:
    agree(case, postgres)


@examples(3)
@given(case=cases())
def test_spark(case: Renaming, spark: Engine) -> None:
    agree(case, spark)
