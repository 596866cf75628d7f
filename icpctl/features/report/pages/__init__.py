"""Reports to look at: one page of HTML, or Markdown; `FORMATS` has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.features.report.pages.page import Page


def _html(page: Page) -> str:
    from icpctl.features.report.pages.html import html

    return html(page)


def _markdown(page: Page) -> str:
    from icpctl.features.report.pages.markdown import markdown

    return markdown(page)


FORMATS: dict[str, Callable[[Page], str]] = {
    ".html": _html,
    ".htm": _html,
    ".md": _markdown,
    ".markdown": _markdown,
}
"""A file's extension -> what renders it."""
