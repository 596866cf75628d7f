"""What a scoring run found: the models that every output renders."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads it
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Report(BaseModel):
    """What all reports have in common: camelCase in JSON, frozen."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    def body(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return self.model_dump(mode="json", by_alias=True)


class ConfigReport(Report):
    """One config's share.

    `matched` counts the visitors that match it, `first` those whose `icp` it is. `match_rate` is
    `matched` over all visitors, 0 to 1; `average_score` is over the matches, two decimals. Both are
    None where there is nothing to divide by.
    """

    slug: str
    label: str
    priority: int | None
    matched: int
    first: int
    match_rate: float | None
    average_score: float | None


class UnreadFieldReport(Report):
    """A field of which no record of a file has a value; see `UnreadField`."""

    file: str
    field: str
    configs: list[str]
    paths: list[str]
    similar: list[str]


class MatchReport(Report):
    """A whole run. `field_warnings` counts the values that did not fit, for each field.

    `damaged` counts the files that could not be read to their end; they are not rejected lines.
    `excluded` counts the visitors whom a config excludes, None where none of them excludes;
    `tiers` counts those of each tier, the highest first, None where there are no tiers.
    """

    as_of: datetime
    visitors: int
    rejected: int
    damaged: int = Field(0, exclude=True)
    field_warnings: dict[str, int]
    unread_fields: list[UnreadFieldReport]
    matched: int
    excluded: int | None = Field(default=None, exclude_if=lambda count: count is None)
    match_rate: float | None
    tiers: dict[str, int] | None = Field(default=None, exclude_if=lambda counts: counts is None)
    configs: list[ConfigReport]
    elapsed_seconds: float

    def unread_body(self) -> dict[str, Any]:
        """Return what every report of visitors has of what was asked for and is missing."""
        return {"unreadFields": [field.body() for field in self.unread_fields]}


def rate(part: int, whole: int) -> float | None:
    """`part / whole`, None for a whole of 0."""
    return part / whole if whole else None
