"""What a scoring run found: the models that every output renders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads it

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from icpctl.errors import IcpctlError


class Report(BaseModel):
    """What all reports have in common: camelCase in JSON, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class ConfigReport(Report):
    """One config's share.

    `matched` counts the visitors that match it, `first` those whose `icp` it is. `match_rate` is
    `matched` over all visitors, 0 to 1, four decimals; `average_score` is over the matches, two
    decimals. Both are None where there is nothing to divide by.
    """

    slug: str
    label: str
    priority: int | None
    matched: int
    first: int
    match_rate: float | None
    average_score: float | None


class MatchReport(Report):
    """A whole run. `field_warnings` counts the values that did not fit, for each field.

    `damaged` counts the files that could not be read to their end; they are no rejected lines.
    """

    as_of: datetime
    visitors: int
    rejected: int
    damaged: int = Field(0, exclude=True)
    field_warnings: dict[str, int]
    matched: int
    match_rate: float | None
    configs: list[ConfigReport]
    elapsed_seconds: float


@dataclass(frozen=True, slots=True)
class Limit:
    """How many lines may be rejected: a number, or a percentage of all lines."""

    allowed: float
    is_percentage: bool

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Return the limit for `N` or `P%`. Raises `IcpctlError` `bad_usage`."""
        found = re.fullmatch(r"([0-9]+)|([0-9]+(?:\.[0-9]+)?)%", text.strip())
        if not found or (found[2] and float(found[2]) > 100):
            raise IcpctlError(
                f"{text!r} is no limit",
                "bad_usage",
                hint="write a number of lines such as 10, or a percentage such as 0.5%",
            )
        return cls(float(found[1] or found[2]), is_percentage=bool(found[2]))

    def exceeded(self, rejected: int, read: int) -> bool:
        """Whether more lines were rejected, where so many others were read."""
        lines = read + rejected
        allowed = self.allowed * lines / 100 if self.is_percentage else self.allowed
        return rejected > allowed

    def __str__(self) -> str:
        return f"{self.allowed:g}{'%' if self.is_percentage else ''}"


def rate(part: int, whole: int) -> float | None:
    """`part / whole` with four decimals, None for a whole of 0."""
    return round(part / whole, 4) if whole else None
