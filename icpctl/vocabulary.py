"""The vocabulary of rules: kinds, the condition types and the comparators. Everything reads it.

Schema, validation, the evaluator, help and docs take names, kinds and value shapes from these
tables; a condition type or comparator is added here (SPEC 2 and 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Kind(StrEnum):
    """What a visitor has for a condition type."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    PAGES = "pages"


class Form(StrEnum):
    """How the equality comparators of a condition type see a value (SPEC 3 and 4)."""

    PLAIN = "plain"
    DOMAIN = "domain"
    URL = "url"
    PAGE = "page"
    PART_OF_PAGE = "part of page"
    COUNTRY = "country"
    SIZE_RANGE = "size range"


class Shape(StrEnum):
    """The value that a comparator takes in a config."""

    SCALAR = "one value"
    TEXT = "one text, not empty"
    LIST = "a list, not empty"
    NUMBER = "one number"
    BOUNDS = "[min, max] with min <= max"
    FLAG = "nothing, true or false"


class Operator(StrEnum):
    """How a group combines its required conditions."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class ConditionType:
    """A field of the visitor that conditions can ask about.

    `example` is a YAML condition without its `type`, which the docs and `describe` show.
    `bounds` are the smallest and largest value a config may name.
    """

    name: str
    kind: Kind
    meaning: str
    example: str
    form: Form = Form.PLAIN
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Comparator:
    """A test of a visitor's values against a config's value.

    `negates` names the comparator that this one is the exact opposite of.
    """

    name: str
    kinds: frozenset[Kind]
    shape: Shape
    holds: str
    example: str
    negates: str | None = None


_T, _N, _B, _P = Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.PAGES

_TYPES = [
    ConditionType("utm_source", _T, "UTM source", "{comparator: equals, value: google}"),
    ConditionType("utm_medium", _T, "UTM medium", "{comparator: in, value: [cpc, email]}"),
    ConditionType("utm_campaign", _T, "UTM campaign", "{comparator: starts_with, value: q4_}"),
    ConditionType("utm_term", _T, "UTM term", "{comparator: contains, value: crm}"),
    ConditionType("utm_content", _T, "UTM content", "{comparator: equals, value: banner_a}"),
    ConditionType(
        "page_contains",
        _P,
        "pages seen; a page is hit when it contains the value",
        "{comparator: has_any, value: [/pricing, /demo]}",
        Form.PART_OF_PAGE,
    ),
    ConditionType(
        "page_equals",
        _P,
        "pages seen; a page is hit when it equals the value",
        "{comparator: equals, value: /pricing}",
        Form.PAGE,
    ),
    ConditionType("page_view_count", _N, "pages viewed", "{comparator: gte, value: 3}"),
    ConditionType("session_count", _N, "sessions", "{comparator: gt, value: 1}"),
    ConditionType(
        "industry", _T, "industry of the company", "{comparator: in, value: [Software, SaaS]}"
    ),
    ConditionType(
        "country",
        _T,
        "country; a name or an ISO 3166 code stands for all of that country's",
        "{comparator: in, value: [US, DE]}",
        Form.COUNTRY,
    ),
    ConditionType("region", _T, "state or region", "{comparator: equals, value: California}"),
    ConditionType("city", _T, "city", "{comparator: equals, value: Munich}"),
    ConditionType("job_title", _T, "job title", "{comparator: contains, value: VP}"),
    ConditionType(
        "company_size",
        _N,
        "employees of the company, a number or a range such as 51-200",
        "{comparator: between, value: [50, 1000]}",
    ),
    ConditionType(
        "employee_size_range",
        _T,
        "employee range such as 51-200",
        "{comparator: in, value: [51-200, 201-500]}",
        Form.SIZE_RANGE,
    ),
    ConditionType(
        "icp_match", _B, "ICP status that the export carries", "{comparator: equals, value: true}"
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
    ),
    ConditionType(
        "last_seen_days",
        _N,
        "whole days since the visitor was last seen",
        "{comparator: lte, value: 30}",
    ),
    ConditionType(
        "domain",
        _T,
        "domain of the company",
        "{comparator: equals, value: northwind.example}",
        Form.DOMAIN,
    ),
    ConditionType("linkedin_url", _T, "LinkedIn profile", "{comparator: exists}", Form.URL),
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

_ALL = frozenset(Kind)
_WORDS = frozenset({_T, _P})
_LISTED = frozenset({_T, _N, _P})
_NUMERIC = frozenset({_N})

_COMPARATORS = [
    Comparator(
        "equals",
        _ALL,
        Shape.SCALAR,
        "some subject value equals it",
        "{type: industry, comparator: equals, value: Software}",
    ),
    Comparator(
        "contains",
        _WORDS,
        Shape.TEXT,
        "some subject value contains it",
        "{type: job_title, comparator: contains, value: VP}",
    ),
    Comparator(
        "starts_with",
        _WORDS,
        Shape.TEXT,
        "some subject value begins with it",
        "{type: utm_campaign, comparator: starts_with, value: q4_}",
    ),
    Comparator(
        "ends_with",
        _WORDS,
        Shape.TEXT,
        "some subject value ends with it",
        "{type: domain, comparator: ends_with, value: .de}",
    ),
    Comparator(
        "in",
        _LISTED,
        Shape.LIST,
        "some subject value equals some listed value",
        "{type: country, comparator: in, value: [US, CA]}",
    ),
    Comparator(
        "has_any",
        _WORDS,
        Shape.LIST,
        "some listed value equals some subject value",
        "{type: page_contains, comparator: has_any, value: [/pricing, /demo]}",
    ),
    Comparator(
        "has_all",
        _WORDS,
        Shape.LIST,
        "every listed value equals some subject value",
        "{type: page_contains, comparator: has_all, value: [/docs, /pricing]}",
    ),
    Comparator(
        "gt",
        _NUMERIC,
        Shape.NUMBER,
        "the number is greater",
        "{type: session_count, comparator: gt, value: 1}",
    ),
    Comparator(
        "gte",
        _NUMERIC,
        Shape.NUMBER,
        "the number is greater or equal",
        "{type: company_size, comparator: gte, value: 50}",
    ),
    Comparator(
        "lt",
        _NUMERIC,
        Shape.NUMBER,
        "the number is less",
        "{type: company_size, comparator: lt, value: 1000}",
    ),
    Comparator(
        "lte",
        _NUMERIC,
        Shape.NUMBER,
        "the number is less or equal",
        "{type: last_seen_days, comparator: lte, value: 30}",
    ),
    Comparator(
        "between",
        _NUMERIC,
        Shape.BOUNDS,
        "min <= number <= max",
        "{type: company_size, comparator: between, value: [50, 1000]}",
    ),
    Comparator(
        "exists",
        _ALL,
        Shape.FLAG,
        "there is a subject value (value false inverts it)",
        "{type: linkedin_url, comparator: exists}",
    ),
    Comparator(
        "not_equals",
        _ALL,
        Shape.SCALAR,
        "equals does not hold",
        "{type: industry, comparator: not_equals, value: Education}",
        "equals",
    ),
    Comparator(
        "not_contains",
        _WORDS,
        Shape.TEXT,
        "contains does not hold",
        "{type: job_title, comparator: not_contains, value: Intern}",
        "contains",
    ),
    Comparator(
        "not_in",
        _LISTED,
        Shape.LIST,
        "in does not hold",
        "{type: country, comparator: not_in, value: [IT, IN]}",
        "in",
    ),
    Comparator(
        "not_exists",
        _ALL,
        Shape.FLAG,
        "exists does not hold",
        "{type: utm_source, comparator: not_exists}",
        "exists",
    ),
]

CONDITION_TYPES: dict[str, ConditionType] = {entry.name: entry for entry in _TYPES}
COMPARATORS: dict[str, Comparator] = {entry.name: entry for entry in _COMPARATORS}


def comparators_for(kind: Kind) -> list[str]:
    """Names of the comparators that a condition type of this kind allows, in table order."""
    return [entry.name for entry in COMPARATORS.values() if kind in entry.kinds]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` most likely was meant to be, or None.

    Compares without letter case, `-` and `_`, so `jobTitle` finds `job_title`.
    """
    names = {name.lower().replace("_", ""): name for name in known}
    typed = word[:100].lower().replace("_", "").replace("-", "").replace(" ", "")
    close = get_close_matches(typed, names, n=1, cutoff=0.6)
    return names[close[0]] if close else None
