"""Shapes that products and tools write, read as a careful person would: each visitor's verdicts.

A config for each field asks whether it has what is written there, so that a value that is read in
another way, or a line that is taken for a visitor, shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import score_files

if TYPE_CHECKING:
    from pathlib import Path


def config(slug: str, comparator: str, value: Any, name: str | None = None) -> tuple[str, Any]:
    condition = {"type": name or slug, "comparator": comparator, "value": value}
    body = {"label": slug, "rules": {"groups": [{"operator": "AND", "conditions": [condition]}]}}
    return slug, body


CONFIGS = [
    config("industry", "in", ["Software", "Retail, wholesale"]),
    config("size", "gte", 100, "company_size"),
    config("country", "in", ["Germany"]),
    config("pricing", "has_any", ["/pricing"], "page_equals"),
    config("cto", "equals", "CTO", "job_title"),
]

PAGES = [
    ("semicolons", "id,pages\n1,/demo;/pricing\n2,https://a.example/?x=1;y=2; /pricing\n"),
    ("commas", 'id,pages\n1,"/demo, /pricing"\n2,"/a,https://a.example/pricing"\n'),
    ("bars", "id;pages\n1;/demo|/pricing\n2;/pricing | /demo\n"),
    ("lines", 'id,pages\n1,"/demo\n/pricing"\n2,"/pricing\r\n/demo\r\n"\n'),
]
SHAPES = [*((name, text, {"1": "pricing", "2": "pricing"}) for name, text in PAGES)]


@pytest.mark.parametrize(("text", "right"), [it[1:] for it in SHAPES], ids=[it[0] for it in SHAPES])
def test_a_table_is_read_as_a_person_reads_it(
    tmp_path: Path, text: str, right: dict[str, str]
) -> None:
    path = tmp_path / "export.csv"
    path.write_text(text, "utf-8", newline="")
    scored = score_files(CONFIGS, [path])
    verdicts = {
        row["id"]: " ".join(match["config"] for match in row["matches"]) for row in scored.rows
    }
    assert verdicts == right
    assert not scored.rejected
