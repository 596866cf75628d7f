"""Numbers, shares and texts as all messages, tables and pages write them."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


def counted(number: int, singular: str, plural: str | None = None) -> str:
    """Return the number and what it counts, such as `2,000 visitors`."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share of 1 for people, rounded once, half away from zero; nothing for None.

    A share is the double next to a ratio of counts. A ratio that lies halfway between two
    roundings has few decimals, which are just those of the double's shortest text.
    """
    if share is None:
        return ""
    exact = 100 * Decimal(repr(float(share)))
    return f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)} %"


def cut(text: str, longest: int, ending: str = "...") -> str:
    """Return the first `longest` characters, with `ending` after them where there are more."""
    return text if len(text) <= longest else f"{text[:longest]}{ending}"


def fitted(text: str, width: int, ending: str = "...") -> str:
    """Return the text in at most `width` characters, `ending` included."""
    return text if len(text) <= width else f"{text[: width - len(ending)]}{ending}"
