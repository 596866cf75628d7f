"""The condition types: the fields of a visitor that conditions can ask about."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Kind(StrEnum):
    """What a visitor has for a condition type."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PAGES = "pages"


class Form(StrEnum):
    """How the equality comparators of a condition type see a value."""

    PLAIN = "plain"
    DOMAIN = "domain"
    URL = "url"
    PAGE = "page"
    PART_OF_PAGE = "part of page"
    COUNTRY = "country"
    SIZE_RANGE = "size range"


CUSTOM_PREFIX = "field."
"""What the names of custom fields begin with."""


class ConditionType(Struct, frozen=True):
    """A field of the visitor that conditions can ask about.

    `example` is a YAML condition without its `type`, which the docs and `describe` show.
    `bounds` are the smallest and largest value that a config may name. A number may be a range
    where it `has_ranges`; it is whole and not below 0 where it `is_count`. With `is_days` the
    visitor has a date, and the number is the whole days since then. A custom field has the `paths`
    of its values, which are tried after those of the mapping. People say `words` for the field, and
    for amounts of it a sentence such as `viewed {} pages`.
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    form: Form = Form.PLAIN
    bounds: tuple[float, float] | None = None
    has_ranges: bool = False
    is_count: bool = False
    is_days: bool = False
    paths: tuple[str, ...] = ()
    words: str = ""
    amount: str = ""

    @property
    def name_in_words(self) -> str:
        """What people call the field, such as `company size`."""
        return self.words or self.name.removeprefix(CUSTOM_PREFIX).replace("_", " ")

    @property
    def whole_example(self) -> str:
        """The example with its type."""
        return f"{{type: {self.name}, {self.example[1:]}"

    @property
    def is_custom(self) -> bool:
        """Whether a folder of configs declares it, in `fields.yaml`."""
        return bool(self.paths)

    @property
    def is_words(self) -> bool:
        """Whether conditions compare texts, those of pages included."""
        return self.kind in (Kind.TEXT, Kind.PAGES)


_T, _N, _B, _P = Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.PAGES


def _utm(part: str, example: str) -> ConditionType:
    return ConditionType(f"utm_{part}", _T, f"UTM {part}", example, words=f"UTM {part}")


_TYPES = [
    _utm("source", "{comparator: equals, value: google}"),
    _utm("medium", "{comparator: in, value: [cpc, email]}"),
    _utm("campaign", "{comparator: starts_with, value: q4_}"),
    _utm("term", "{comparator: contains, value: crm}"),
    _utm("content", "{comparator: equals, value: banner_a}"),
    ConditionType(
        "page_contains",
        _P,
        "pages viewed; a page counts when it contains the value",
        "{comparator: has_any, value: [/pricing, /demo]}",
        Form.PART_OF_PAGE,
    ),
    ConditionType(
        "page_equals",
        _P,
        "pages viewed; a page counts when it equals the value",
        "{comparator: equals, value: /pricing}",
        Form.PAGE,
    ),
    ConditionType(
        "page_view_count",
        _N,
        "number of pages viewed",
        "{comparator: gte, value: 3}",
        is_count=True,
        words="number of page views",
        amount="viewed {} pages",
    ),
    ConditionType(
        "session_count",
        _N,
        "sessions",
        "{comparator: gt, value: 1}",
        is_count=True,
        words="number of sessions",
        amount="had {} sessions",
    ),
    ConditionType(
        "industry", _T, "industry of the company", "{comparator: in, value: [Software, SaaS]}"
    ),
    ConditionType(
        "country",
        _T,
        "country; any name or ISO 3166 code of a country means that country",
        "{comparator: in, value: [US, DE]}",
        Form.COUNTRY,
    ),
    ConditionType("region", _T, "state or region", "{comparator: equals, value: California}"),
    ConditionType("city", _T, "city", "{comparator: equals, value: Munich}"),
    ConditionType("job_title", _T, "job title", "{comparator: contains, value: Engineer}"),
    ConditionType(
        "company_size",
        _N,
        "employees of the company, a number or a range such as 51-200",
        "{comparator: between, value: [50, 1000]}",
        has_ranges=True,
        is_count=True,
    ),
    ConditionType(
        "employee_size_range",
        _T,
        "employee range such as 51-200",
        "{comparator: in, value: [51-200, 201-500]}",
        Form.SIZE_RANGE,
        words="employee range",
    ),
    ConditionType(
        "icp_match",
        _B,
        "ICP status that the export carries",
        "{comparator: equals, value: true}",
        words="ICP match",
    ),
    ConditionType(
        "persona_match",
        _B,
        "persona status that the export carries",
        "{comparator: equals, value: true}",
    ),
    ConditionType(
        "icp_score",
        _N,
        "score that the export carries, 0 to 100",
        "{comparator: gte, value: 70}",
        bounds=(0, 100),
        words="ICP score",
    ),
    ConditionType(
        "last_seen_days",
        _N,
        "whole days since the visitor was last seen",
        "{comparator: lte, value: 30}",
        is_count=True,
        is_days=True,
        words="days since last seen",
        amount="was last seen {} days ago",
    ),
    ConditionType(
        "domain",
        _T,
        "domain of the company",
        "{comparator: equals, value: northwind.example}",
        Form.DOMAIN,
    ),
    ConditionType(
        "linkedin_url",
        _T,
        "LinkedIn profile",
        "{comparator: exists}",
        Form.URL,
        words="LinkedIn profile",
    ),
    ConditionType("company_city", _T, "city of the company", "{comparator: equals, value: London}"),
    ConditionType(
        "company_region", _T, "region of the company", "{comparator: equals, value: Bavaria}"
    ),
    ConditionType(
        "company_postal_code",
        _T,
        "postal code of the company",
        '{comparator: starts_with, value: "941"}',
    ),
]


class Vocabulary(Struct, frozen=True):
    """The condition types of a workspace: those that every workspace has, then its own fields."""

    types: Mapping[str, ConditionType]

    def with_types(self, more: Iterable[ConditionType]) -> Vocabulary:
        """Return the vocabulary with these condition types too."""
        return Vocabulary({**self.types, **{entry.name: entry for entry in more}})


CONDITION_TYPES: dict[str, ConditionType] = {entry.name: entry for entry in _TYPES}
BUILT_IN = Vocabulary(CONDITION_TYPES)
"""The condition types that every workspace has."""
