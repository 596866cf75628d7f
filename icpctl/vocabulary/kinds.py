"""What condition types and comparators are made of: kinds, forms, value shapes, operators."""

from __future__ import annotations

from enum import StrEnum


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
    TEXTS = "one text, not empty, or a list of them"
    LIST = "a list, not empty"
    NUMBER = "one number"
    BOUNDS = "[min, max] with min <= max"
    FLAG = "nothing, true or false"


class Operator(StrEnum):
    """How a group combines its required conditions."""

    AND = "AND"
    OR = "OR"
