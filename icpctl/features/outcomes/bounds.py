"""`--fail-on`: bounds below which a call ends with exit code 1."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.features.outcomes.model import Outcomes, Ranking

_BOUND = re.compile(r"\s*(?:([^:<]+):)?\s*([a-z_]+)\s*(<=?)\s*([0-9.]+)\s*(%?)\s*")

FIGURES: dict[str, Callable[[Ranking], float | None]] = {
    "precision": lambda ranking: ranking.figures.precision.value,
    "recall": lambda ranking: ranking.figures.recall.value,
    "lift": lambda ranking: ranking.figures.lift.value if ranking.figures.lift else None,
    "auc": lambda ranking: ranking.auc.value if ranking.auc else None,
    "won_at_capacity": lambda ranking: ranking.best.won if ranking.best else None,
}
"""What a bound may be put on, for a config or for all together."""


class Bound(Struct, frozen=True):
    """A figure of a config, or of all together, that must not be below (or at) a value."""

    slug: str | None
    figure: str
    or_equal: bool
    value: float

    def __str__(self) -> str:
        """As it is given on the command line."""
        prefix = f"{self.slug}:" if self.slug else ""
        return f"{prefix}{self.figure}{'<=' if self.or_equal else '<'}{self.value:g}"

    def is_met(self, value: float) -> bool:
        """Whether the call fails."""
        return value < self.value or (self.or_equal and value == self.value)


class MetBound(Struct, frozen=True):
    """A bound that the call fails on, with the figure; None where there is none to compare."""

    bound: Bound
    value: float | None


def parse_bound(text: str) -> Bound:
    """Read `precision<0.1`, `recall<=50%` or `SLUG:auc<0.6`; ValueError says what is wrong."""
    parts = _BOUND.fullmatch(text)
    if parts is None:
        raise ValueError(f"{text!r} is not a bound: expected FIGURE<VALUE or SLUG:FIGURE<=VALUE")
    slug, figure, comparator, number, percent = parts.groups()
    if figure not in FIGURES:
        raise ValueError(f"{figure!r} is not a figure: {_hint(figure)}")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        raise ValueError(f"{number!r} is not a number") from None
    return Bound(slug and slug.strip(), figure, comparator == "<=", value)


def _hint(figure: str) -> str:
    near = get_close_matches(figure, FIGURES, 1)
    return f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(FIGURES)}"


def met_bounds(outcomes: Outcomes, bounds: list[Bound]) -> list[MetBound]:
    """The bounds that the call fails on, in order; KeyError for a config that is not scored.

    A figure that does not exist (the precision of a config that matches nobody) meets its bound:
    whoever asked for a figure must not read that all is well without one.
    """
    rankings = {ranking.slug: ranking for ranking in outcomes.rankings}
    values = [(bound, FIGURES[bound.figure](rankings[bound.slug])) for bound in bounds]
    return [
        MetBound(bound, value) for bound, value in values if value is None or bound.is_met(value)
    ]
