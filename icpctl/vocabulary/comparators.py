"""The comparators: the tests of a visitor's values against a config's value."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field

from icpctl.vocabulary.condition_types import CONDITION_TYPES, Kind

_T, _N, _B, _P = Kind.TEXT, Kind.NUMBER, Kind.BOOLEAN, Kind.PAGES


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


class Bound(Struct, frozen=True):
    """The thresholds of a comparator of numbers.

    Whether the number has one `below` it, one `above` it, and whether a number that equals the
    threshold holds.
    """

    below: bool
    above: bool
    is_included: bool


class Phrases(Struct, frozen=True):
    """What a value needs, for people: `{}` is what the condition names.

    `text` and `pages` say what would have to be so, `no_text` and `no_pages` what the negative of
    the comparator forbids. `says` follows the name of the field, as in `company size is at least
    500`; `denies` is what the negative says.
    """

    says: str = ""
    denies: str = ""
    text: str = ""
    pages: str = ""
    number: str = ""
    no_text: str = ""
    no_pages: str = ""


class Comparator(Struct, frozen=True):
    """A test of a visitor's values against a config's value.

    - `negates` names the comparator that this one is the exact opposite of; what is said here of
      meaning (`same_as` to `phrases`) belongs to the one that is not negative.
    - `is_equality`: values are compared whole, in the normal form of the condition type.
    - `same_as` names the comparator whose kernel and SQL decide, where this one is another way to
      write it.
    - `needs_all`: every listed value must be met, not any one of them.
    - `looser` names a comparator that holds wherever this one does, with the same value; where
      this one compares whole values, that is so of texts without a special form.
    - `mutant` names the comparator that is most easily taken for this one.
    - `is_extension`: the partner's API does not know it.
    """

    name: str
    kinds: frozenset[Kind]
    shape: Shape
    holds: str
    example: str
    negates: str | None = None
    is_equality: bool = False
    same_as: str | None = None
    needs_all: bool = False
    bound: Bound | None = None
    looser: str | None = None
    mutant: str | None = None
    phrases: Phrases = field(default_factory=Phrases)
    is_extension: bool = False

    @property
    def kinds_in_words(self) -> str:
        """The kinds that it fits, in words."""
        order = list(dict.fromkeys(entry.kind for entry in CONDITION_TYPES.values()))
        fitting = [kind for kind in order if kind in self.kinds]
        return "all" if fitting == order else ", ".join(fitting)

    @property
    def positive(self) -> Comparator:
        """The comparator that this one negates, else this one."""
        return COMPARATORS[self.negates] if self.negates else self

    @property
    def opposite(self) -> Comparator | None:
        """The comparator that holds exactly when this one does not, None where there is none."""
        if self.negates:
            return COMPARATORS[self.negates]
        return COMPARATORS.get(f"not_{self.name}")

    @property
    def test(self) -> str:
        """The name under which the kernel and the SQL are kept."""
        return self.positive.same_as or self.positive.name

    @property
    def takes_list(self) -> bool:
        """Whether the value may be a list of which the order does not count."""
        return self.shape in (Shape.LIST, Shape.TEXTS)

    @property
    def asks_presence(self) -> bool:
        """Whether it asks for a value, whatever that is; the value false inverts it."""
        return self.shape is Shape.FLAG


_ALL = frozenset(Kind)
_WORDS = frozenset({_T, _P})
_LISTED = frozenset({_T, _N, _P})
_NUMERIC = frozenset({_N})

_ONE_OF_THESE = Phrases(
    says="is {}",
    denies="is not {}",
    text="needs one of these",
    pages="needs one of these pages",
    number="needs one of these",
    no_text="must be none of these",
    no_pages="no page may be one of these",
)

_COMPARATORS = [
    Comparator(
        "equals",
        _ALL,
        Shape.SCALAR,
        "one of the visitor's values equals it",
        "{type: industry, comparator: equals, value: Software}",
        is_equality=True,
        same_as="in",
        looser="contains",
        phrases=Phrases(
            says="is {}",
            denies="is not {}",
            text="needs {}",
            pages="needs the page {}",
            number="needs {}",
            no_text="must not be {}",
            no_pages="no page may be {}",
        ),
    ),
    Comparator(
        "contains",
        _WORDS,
        Shape.TEXTS,
        "one of the visitor's values contains it, or any text of the list",
        "{type: job_title, comparator: contains, value: Engineer}",
        phrases=Phrases(
            says="contains {}",
            denies="does not contain {}",
            text="needs {} in it",
            pages="needs a page with {} in it",
            no_text="must not contain {}",
            no_pages="no page may contain {}",
        ),
    ),
    Comparator(
        "contains_word",
        _WORDS,
        Shape.TEXTS,
        "one of the visitor's values contains it, or any text of the list, as whole words: "
        "not next to another letter or digit",
        "{type: job_title, comparator: contains_word, value: [VP, Head, CTO]}",
        looser="contains",
        mutant="contains",
        phrases=Phrases(
            says="contains the word {}",
            denies="does not contain the word {}",
            text="needs {} in it as a word",
            pages="needs a page with {} in it as a word",
            no_text="must not contain {} as a word",
            no_pages="no page may contain {} as a word",
        ),
        is_extension=True,
    ),
    Comparator(
        "starts_with",
        _WORDS,
        Shape.TEXTS,
        "one of the visitor's values begins with it, or with any text of the list",
        "{type: utm_campaign, comparator: starts_with, value: q4_}",
        looser="contains",
        mutant="contains",
        phrases=Phrases(
            says="starts with {}",
            denies="does not start with {}",
            text="needs to begin with {}",
            pages="needs a page that begins with {}",
            no_text="must not begin with {}",
            no_pages="no page may begin with {}",
        ),
    ),
    Comparator(
        "ends_with",
        _WORDS,
        Shape.TEXTS,
        "one of the visitor's values ends with it, or with any text of the list",
        "{type: domain, comparator: ends_with, value: .de}",
        looser="contains",
        mutant="contains",
        phrases=Phrases(
            says="ends with {}",
            denies="does not end with {}",
            text="needs to end with {}",
            pages="needs a page that ends with {}",
            no_text="must not end with {}",
            no_pages="no page may end with {}",
        ),
    ),
    Comparator(
        "in",
        _LISTED,
        Shape.LIST,
        "one of the visitor's values equals one of the list",
        "{type: country, comparator: in, value: [US, CA]}",
        is_equality=True,
        looser="contains_word",
        phrases=_ONE_OF_THESE,
    ),
    Comparator(
        "has_any",
        _WORDS,
        Shape.LIST,
        "one of the list equals one of the visitor's values",
        "{type: page_contains, comparator: has_any, value: [/pricing, /demo]}",
        is_equality=True,
        same_as="in",
        looser="contains_word",
        mutant="has_all",
        phrases=_ONE_OF_THESE,
    ),
    Comparator(
        "has_all",
        _WORDS,
        Shape.LIST,
        "every value of the list equals one of the visitor's values",
        "{type: page_contains, comparator: has_all, value: [/docs, /pricing]}",
        is_equality=True,
        needs_all=True,
        looser="has_any",
        mutant="has_any",
        phrases=Phrases(
            says="includes {}",
            denies="does not include {}",
            text="lacks {}",
            pages="lacks {}",
            no_text="must lack one of these",
            no_pages="the pages must lack one of these",
        ),
    ),
    Comparator(
        "gt",
        _NUMERIC,
        Shape.NUMBER,
        "the number is greater than it",
        "{type: session_count, comparator: gt, value: 1}",
        bound=Bound(below=True, above=False, is_included=False),
        looser="gte",
        mutant="gte",
        phrases=Phrases(says="is more than {}", number="needs more than {}"),
    ),
    Comparator(
        "gte",
        _NUMERIC,
        Shape.NUMBER,
        "the number is greater than or equal to it",
        "{type: company_size, comparator: gte, value: 50}",
        bound=Bound(below=True, above=False, is_included=True),
        mutant="gt",
        phrases=Phrases(says="is at least {}", number="needs {} or more"),
    ),
    Comparator(
        "lt",
        _NUMERIC,
        Shape.NUMBER,
        "the number is less than it",
        "{type: company_size, comparator: lt, value: 1000}",
        bound=Bound(below=False, above=True, is_included=False),
        looser="lte",
        mutant="lte",
        phrases=Phrases(says="is less than {}", number="needs less than {}"),
    ),
    Comparator(
        "lte",
        _NUMERIC,
        Shape.NUMBER,
        "the number is less than or equal to it",
        "{type: last_seen_days, comparator: lte, value: 30}",
        bound=Bound(below=False, above=True, is_included=True),
        mutant="lt",
        phrases=Phrases(says="is at most {}", number="needs {} or less"),
    ),
    Comparator(
        "between",
        _NUMERIC,
        Shape.BOUNDS,
        "min <= number <= max",
        "{type: company_size, comparator: between, value: [50, 1000]}",
        bound=Bound(below=True, above=True, is_included=True),
        phrases=Phrases(says="is between {}", number="needs {} to {}"),
    ),
    Comparator(
        "exists",
        _ALL,
        Shape.FLAG,
        "the visitor has a value (value false inverts it)",
        "{type: linkedin_url, comparator: exists}",
        phrases=Phrases(
            says="is known",
            denies="is not known",
            text="must be missing",
            pages="must be missing",
            number="must be missing",
            no_text="must be missing",
            no_pages="must be missing",
        ),
    ),
]

_NEGATIVES = {
    "equals": "{type: industry, comparator: not_equals, value: Education}",
    "contains": "{type: job_title, comparator: not_contains, value: Intern}",
    "contains_word": "{type: job_title, comparator: not_contains_word, value: [Intern, Student]}",
    "in": "{type: country, comparator: not_in, value: [IT, IN]}",
    "exists": "{type: utm_source, comparator: not_exists}",
}
"""The comparators that have a negative, each with an example of that."""

COMPARATORS: dict[str, Comparator] = {entry.name: entry for entry in _COMPARATORS}
"""Every comparator by its name: the language, which is the same in all workspaces."""

for _name, _example in _NEGATIVES.items():
    _twin = COMPARATORS[_name]
    COMPARATORS[f"not_{_name}"] = Comparator(
        f"not_{_name}",
        _twin.kinds,
        _twin.shape,
        f"{_name} does not hold",
        _example,
        negates=_name,
        is_extension=_twin.is_extension,
    )


def comparators_for(kind: Kind) -> list[str]:
    """Names of the comparators that a condition type of this kind allows, in table order."""
    return [entry.name for entry in COMPARATORS.values() if kind in entry.kinds]
