"""Numbers, shares and texts as all messages, tables and pages write them."""

from __future__ import annotations

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return the number and what it counts, such as `2,000 visitors`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float | None) -> str:
    """Return a share of 1 for people; nothing for None."""
    return "" if share is None else f"{100 * share:.1f} %"


def cut(text: str, longest: int, ending: str = "...") -> str:
    """Return the first `longest` characters, with `ending` after them where there are more."""
    return text if len(text) <= longest else f"{text[:longest]}{ending}"


def fitted(text: str, width: int, ending: str = "...") -> str:
    """Return the text in at most `width` characters, `ending` included."""
    return text if len(text) <= width else f"{text[: width - len(ending)]}{ending}"
