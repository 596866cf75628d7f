"""The pages that are made from the code: up to date, complete, and sound Markdown."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.reference import PAGES, checks_page, main, vocabulary_page
from icpctl.findings.codes import CODES, SECTIONS
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_are_up_to_date() -> None:
    assert main([str(DOCS), "--check"]) == 0, "run python -m docs.reference"


def test_a_stale_page_is_found_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), "--check"]) == 1
    assert list(tmp_path.iterdir()) == []
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0
    (tmp_path / "checks.md").write_text("old")
    capsys.readouterr()
    assert main([str(tmp_path), "--check"]) == 1
    assert capsys.readouterr().out == f"{tmp_path / 'checks.md'} is not up to date\n"


def test_every_code_and_word_has_its_section() -> None:
    titles = [it[4:] for it in checks_page().split("\n") if it.startswith("### ")]
    assert sorted(titles) == sorted(CODES)
    titles = [it[4:] for it in vocabulary_page().split("\n") if it.startswith("### ")]
    assert titles == [*CONDITION_TYPES, *COMPARATORS]
    assert {name[:4] for name in CODES} == {section.prefix for section in SECTIONS}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_fences_are_closed_and_nothing_is_unprintable(page: object) -> None:
    text = page()  # type: ignore[operator]  # a page is a function
    assert text.count("\n```") % 2 == 0
    assert all(it.isprintable() or it == "\n" for it in text)
    assert text.endswith("\n")
    assert "\n\n\n" not in text
