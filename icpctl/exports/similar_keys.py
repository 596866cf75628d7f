"""Which keys of a file are most likely to hold a field, by their names and by their values.

The names are those that exports use for a field (`NAMES`), and those that are spelt much alike; of
the values it counts that they fit the field, that they look like nothing else (a country, a page),
and that configs ask for them.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from msgspec import Struct, field

from icpctl.mappings.conversions import BOUNDS
from icpctl.mappings.mapping import ID, LAST_SEEN, PAGES
from icpctl.mappings.paths import Elements, path_text
from icpctl.values import country_forms, date_forms, json_records, number_forms, typed_columns
from icpctl.values.page_columns import pages_alone
from icpctl.values.text_forms import folded, key_form
from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from icpctl.mappings.paths import Path


NAMES: dict[str, tuple[str, ...]] = {
    ID: (
        *("id", "uuid", "visitor", "record id", "lead id", "contact id", "lead no", "number"),
        *("uid", "user id", "user", "member id", "person id", "prospect id"),
        *("customer id", "respondent id", "response id", "account id", "company id", "guid"),
    ),
    LAST_SEEN: (
        *("last seen", "last visit", "last activity", "visited at", "last active", "seen"),
        *("last session", "last modified", "event time", "timestamp", "date", "time", "created at"),
    ),
    PAGES: (
        *("pages", "page", "page url", "url", "landing page", "visited pages", "last page seen"),
        *("page location", "path"),
    ),
    "industry": ("industry", "sector", "vertical", "branche", "industrie"),
    "company_size": (
        *("employees", "headcount", "company size", "staff", "employee count", "head count"),
        *("number of employees", "employees count", "team size", "size", "mitarbeiter"),
    ),
    "job_title": ("job title", "title", "position", "role", "function", "job"),
    "country": ("country", "country code", "country region", "land", "nation"),
    "region": ("region", "state", "province", "state region", "bundesland"),
    "city": ("city", "town", "location", "ort", "stadt"),
    "page_view_count": ("page views", "pageviews", "number of pageviews", "views"),
    "session_count": ("sessions", "visits", "visit count", "number of sessions"),
    "domain": ("domain", "website", "web site", "company url", "homepage", "website url"),
    "linkedin_url": ("linkedin", "linkedin url", "linkedin profile", "linkedin profile url"),
    "employee_size_range": (
        *("employee range", "employees range", "size range", "company size", "headcount range"),
        *("employees", "size"),
    ),
    "utm_source": ("utm source", "source", "traffic source"),
    "utm_medium": ("utm medium", "medium"),
    "utm_campaign": ("utm campaign", "campaign", "campaign name"),
    "utm_term": ("utm term", "term", "keyword"),
    "utm_content": ("utm content", "content"),
    "company_city": ("company city", "city", "hq city", "billing city"),
    "company_region": ("company region", "company state", "state", "hq state", "billing state"),
    "company_postal_code": ("company postal code", "postal code", "zip", "zip code", "plz"),
    "icp_match": ("icp match", "is icp", "icp"),
    "persona_match": ("persona match", "persona"),
    "icp_score": ("icp score", "fit score", "score"),
}
"""What exports call fields, the likeliest name first."""

LEAST = 0.45
"""From which likeness on, of 0 to 2, a key is named for a field."""

SURE = 0.9
"""From which likeness on, by its values alone, it is taken for the field."""

_ALIKE = 0.82  # of two spellings
_SAYS_LITTLE = 0.3
_NOT_COUNTRIES = ("region", "company_region")  # though keys are called Country/Region
_GENERAL = {
    *("url", "page", "path", "date", "time", "number", "size", "state", "source", "title", "name"),
    *("role", "function", "views", "visits", "term", "content", "score", "land", "ort"),
    *("location", "position", "job", "medium", "campaign", "timestamp", "icp", "persona", "uuid"),
}
"""Words that are in the names of many other things, too."""
_MOST_FITTING, _LEAST_FITTING = 0.9, 0.5
_WORDS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+")
_HOST = re.compile(r"(?:[a-z][a-z0-9+.-]*://)?[\w-]+(?:\.[\w-]+)+(?::\d+)?/?", re.I)
_EPOCH = re.compile(r"1[4-9]\d{8}(?:\d{3})?")  # seconds or milliseconds from 2014 to 2033
_PAGE = re.compile(r"(?:https?://[^\s/]+/\S*|/\S*)", re.I)


class Likeness(Struct, frozen=True):
    """How likely a key holds a field: by its `name` and by its values, 0 to 1 each.

    `fitting` is the share of its values that fit the field.
    """

    key: SurveyedKey
    name: float
    values: float
    fitting: float

    @property
    def whole(self) -> float:
        """Both together, 0 to 2."""
        return self.name + self.values


def similar_keys(
    field: str, keys: Iterable[SurveyedKey], asked: Collection[str] = ()
) -> list[Likeness]:
    """Return the keys that are most like a field, the likeliest first.

    `asked` are texts that configs ask for in it.
    """
    texts = frozenset(map(folded, asked))
    likely = [alike for key in keys if (alike := likeness(field, key, texts)).whole >= LEAST]
    return sorted(likely, key=lambda alike: -alike.whole)


def likeness(field: str, key: SurveyedKey, asked: frozenset[str] = frozenset()) -> Likeness:
    """Return how likely a key holds a field; `asked` are texts in the form of comparisons."""
    name, values = _name_likeness(field, key.name), _evidence(field, key, asked)
    if name + values < LEAST:  # what fits takes longest to see
        return Likeness(key, name, values, 0.0)
    fitting = _fitting(field, list(key.values))
    if fitting < _LEAST_FITTING and not _is_date_of_two_readings(field, key):
        return Likeness(key, 0.0, 0.0, fitting)
    return Likeness(key, name, values, fitting)


def _name_likeness(field: str, key: str) -> float:
    form = key_form(key)
    names = NAMES.get(field, (field.removeprefix("field."),))
    for rank, name in enumerate(names):
        if key_form(name) == form:
            return 1.0 - rank / 100
    words = f" {' '.join(_WORDS.findall(key)).casefold()} "
    if field != ID and " id " in words:
        return 0.0
    within = [name for name in names if f" {name} " in words and (field != ID or " " in name)]
    if field in _NOT_COUNTRIES and " country " in words:
        return _SAYS_LITTLE
    if within:
        return 0.8 if any(name not in _GENERAL for name in within) else _SAYS_LITTLE
    if len(form) <= 3:
        return 0.0
    alike = (SequenceMatcher(None, form, key_form(name)) for name in (field, *names))
    ratios = (each.ratio() for each in alike if each.real_quick_ratio() >= _ALIKE)
    best = max(ratios, default=0.0)
    return best * 0.8 if best >= _ALIKE else 0.0


def _fitting(field: str, tokens: Sequence[str]) -> float:
    """Return the share of some JSON texts that fit a field."""
    if not tokens:
        return 0.0
    array = pa.array(tokens, pa.string())
    if field == PAGES:
        return float(pages_alone(array).present().mean())
    present, _ = typed_columns.fitting(array, field, CONDITION_TYPES.get(field))
    return float(present.mean())


def _is_date_of_two_readings(field: str, key: SurveyedKey) -> bool:
    return field == LAST_SEEN and _share(key, date_forms.has_two_readings) >= _MOST_FITTING


def _evidence(field: str, key: SurveyedKey, asked: frozenset[str]) -> float:
    """Return how much the values alone say that a key holds a field, 0 to 1."""
    tell = _TELLING.get(field)
    evidence = _share(key, tell) * _WEIGHTS.get(field, 0.6) if tell else 0.0
    return max(evidence, 0.7 * _asked(key, asked))


def _asked(key: SurveyedKey, asked: frozenset[str]) -> float:
    """Return 1.0 where a value of the key is, or contains, what configs ask for."""
    if not asked:
        return 0.0
    texts = [folded(text) for text in _texts(key)]
    few = [text for text in asked if len(text) > 2][:500]
    is_asked = any(text in asked or any(part in text for part in few) for text in texts)
    return float(is_asked)


def _share(key: SurveyedKey, tell: Callable[[str], bool]) -> float:
    texts = _texts(key)
    return sum(map(tell, texts)) / len(texts) if texts else 0.0


def _texts(key: SurveyedKey) -> list[str]:
    texts = (json_records.scalar_text(json_records.loads(token)) for token in key.values)
    return [text for text in texts if text]


def _is_country(text: str) -> bool:
    return not text.isdigit() and country_forms.country_code(folded(text)) is not None


def _is_date(text: str) -> bool:
    if number_forms.json_number(text) is not None:
        return bool(_EPOCH.fullmatch(text))
    return date_forms.instant(text) is not None or date_forms.has_two_readings(text)


def _is_profile(text: str) -> bool:
    return "linkedin.com/" in text.casefold()


def _is_range(text: str) -> bool:
    bounds = number_forms.size_bounds(text)
    return bounds is not None and bounds[0] != bounds[1]


_TELLING: dict[str, Callable[[str], bool]] = {
    "country": _is_country,
    LAST_SEEN: _is_date,
    PAGES: lambda text: bool(_PAGE.fullmatch(text)) and not _is_profile(text),
    "domain": lambda text: bool(_HOST.fullmatch(text)) and not text.replace(".", "").isdigit(),
    "linkedin_url": _is_profile,
    "company_size": _is_range,
    "employee_size_range": _is_range,
}
"""For each field whose values look like nothing else whether a text is one."""

_WEIGHTS = {"linkedin_url": 0.9, PAGES: 0.5, "domain": 0.5}


SURVEYED = 2_000
"""How many of the first records are looked at."""

_MOST_KEYS = 5_000
_MOST_VALUES = 200
_LONGEST = 300  # characters of a value's JSON text

_EACH = Elements()
_NOTHING = (None, "")


class SurveyedKey(Struct):
    """A key: the path down to its values, and how many records `have` one.

    `values` are the first distinct ones as JSON texts, without long ones.
    """

    path: Path
    have: int = 0
    values: dict[str, None] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last key of the path."""
        return next(step for step in reversed(self.path) if isinstance(step, str))

    @property
    def text(self) -> str:
        """The path as a mapping has it."""
        return path_text(self.path)


def survey(records: Iterable[dict[str, Any]], *, with_nulls: bool = False) -> list[SurveyedKey]:
    """Return the keys of records, in the order in which they occur.

    Keys without any value are among them only `with_nulls`.
    """
    keys: dict[Path, SurveyedKey] = {}
    for record in records:
        known: set[Path] = set()
        for path, value in _leaves(record, ()):
            is_new = path not in keys
            if is_new and (len(keys) == _MOST_KEYS or (value in _NOTHING and not with_nulls)):
                continue
            key = keys.setdefault(path, SurveyedKey(path))
            if value in _NOTHING:
                continue
            key.have += path not in known
            known.add(path)
            if len(key.values) < _MOST_VALUES:
                text = json_records.dumps(value)
                if len(text) <= _LONGEST:
                    key.values[text] = None
    return list(keys.values())


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        if value.keys() == set(BOUNDS):
            yield path, value  # a range of employees is one value
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, (*path, _EACH))
    else:
        yield path, value
