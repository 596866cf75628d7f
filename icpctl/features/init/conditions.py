"""The conditions of a first config: usual ones, or such as an export's values suggest."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from icpctl.config.checks import check_document
from icpctl.config.definitions import NOTHING_DEFINED
from icpctl.documents.reading import read_document
from icpctl.features.init.model import Draft
from icpctl.features.shared.text_layout import json_text
from icpctl.mappings.mapping import PAGES
from icpctl.values.country_forms import country_code
from icpctl.values.text_forms import folded
from icpctl.values.url_forms import path as path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from icpctl.features.init.sample import Sample

_OTHER_TEXTS = ("employee_size_range", "region", "city", "company_city", "utm_source", "utm_medium")
_OTHER_COUNTS = ("session_count", "page_view_count")
_PERSONAL = {"domain": "example.com", "linkedin_url": "https://www.linkedin.com/in/example"}
"""Fields whose values say who somebody is, each with an invented value."""

FIELDS = (
    *("industry", "company_size", "job_title", "country", PAGES),
    *(*_OTHER_TEXTS, *_OTHER_COUNTS, *_PERSONAL),
)
"""The fields of an export that a first config may ask for."""

_FEW = 3  # values that a list begins with
_LONGEST = 60  # characters of a value that is worth a line of a config
_TITLE_WORDS = ("VP", "Head", "Director", "Chief", "CEO", "CTO", "CMO", "COO", "Founder", "Owner")
_TELLING_PAGES = ("/pricing", "/demo", "/contact", "/signup", "/trial", "/product")

_INDUSTRY = "the industries that you sell to. Letter case does not matter."
_SIZE = "how large a company must be. 51-200 counts only when all of it is large enough."
_TITLE = "who buys from you. Finds whole words, so VP is not in MVP."
_COUNTRY = "where you sell. US, USA and United States are one country."
_PAGE = "a page that shows intent, so it may weigh more than the rest."
_TEXT = "the commonest values of this field."
_COUNT = "half of the visitors have at least this much."
_ANY = "any value will do."


def usual_conditions() -> list[Draft]:
    """Return the conditions to begin with where no export says better."""
    return [
        _industry(["Software", "SaaS", "Information Technology"]),
        _size(50),
        _title(["VP", "Head", "Chief"]),
        _country(["US", "GB"]),
        _page("/pricing"),
    ]


def conditions_of(sample: Sample) -> list[Draft]:
    """Return conditions on values that occur in an export; none if it has no field to ask for.

    Industry and company size are required, and at least one record of the sample meets both. Where
    the export has neither, the first other condition is required.
    """
    return _with_required([draft for make in _MAKERS for draft in make(sample)] or _others(sample))


def without_extensions(drafts: list[Draft]) -> list[Draft]:
    """Return the conditions that the partner's API knows, too."""
    plain = (replace(draft, weight=1) for draft in drafts if draft.comparator != "contains_word")
    return _with_required(list(plain))


def _with_required(drafts: list[Draft]) -> list[Draft]:
    """Return the conditions, the first of them required if none is."""
    if not drafts or any(not draft.optional for draft in drafts):
        return drafts
    return [replace(drafts[0], optional=False, weight=1), *drafts[1:]]


def _industries(sample: Sample) -> list[Draft]:
    values = _commonest(sample.counts("industry"), partial(_is_listable, "industry"))
    return [_industry(values)] if values else []


def _sizes(sample: Sample) -> list[Draft]:
    """Ask for the median size of the companies in the industries that are asked for."""
    wanted = {folded(value) for draft in _industries(sample) for value in draft.value}
    industries = sample.values["industry"] if wanted else []
    lows = sorted(
        low
        for row, (low, _) in _numbers(sample.values["company_size"])
        if low >= 1 and (not wanted or any(folded(value) in wanted for value in industries[row]))
    )
    return [_size(_whole(lows[len(lows) // 2]))] if lows else []


def _titles(sample: Sample) -> list[Draft]:
    titles = sample.counts("job_title")
    words = Counter[str]()
    for title, count in titles.items():
        words.update({word: count for word in _TITLE_WORDS if word.casefold() in _words(title)})
    chosen = [word for word, _ in words.most_common(_FEW)] or _commonest(
        titles, lambda title: _is_clean("job_title", "contains_word", [title])
    )[:1]
    return [_title(chosen)] if chosen else []


def _countries(sample: Sample) -> list[Draft]:
    def is_country(value: str) -> bool:
        return country_code(value) is not None and _is_listable("country", value)

    by_code: dict[str | None, str] = {}
    for value in _commonest(sample.counts("country"), is_country, most=5 * _FEW):
        by_code.setdefault(country_code(value), value)
    return [_country(list(by_code.values())[:_FEW])] if by_code else []


def _pages(sample: Sample) -> list[Draft]:
    paths = Counter[str]()
    for page, count in sample.counts(PAGES).items():
        paths[path_of(page)] += count
    for page in _TELLING_PAGES:
        if any(page in path.casefold() for path in paths):
            return [_page(page)]
    rest = _commonest(
        paths, lambda path: len(path) > 1 and _is_clean("page_contains", "contains", path)
    )
    return [_page(path) for path in rest[:1]]


_MAKERS: tuple[Callable[[Sample], list[Draft]], ...] = (
    _industries,
    _sizes,
    _titles,
    _countries,
    _pages,
)


def _others(sample: Sample) -> list[Draft]:
    """Ask for the first field that the export has, where it has none of the usual ones."""
    for name in _OTHER_TEXTS:
        values = _commonest(sample.counts(name), partial(_is_listable, name))
        if values:
            return [Draft(name, "in", values, _TEXT, (name, values[0]))]
    for name in _OTHER_COUNTS:
        lows = sorted(low for _, (low, _) in _numbers(sample.values[name]) if low >= 1)
        if lows:
            least = _whole(lows[len(lows) // 2])
            return [Draft(name, "gte", least, _COUNT, (name, least))]
    names = (name for name in _PERSONAL if sample.has(name))
    return [Draft(name, "exists", True, _ANY, (name, _PERSONAL[name])) for name in islice(names, 1)]


def _industry(values: list[str]) -> Draft:
    return Draft("industry", "in", values, _INDUSTRY, ("industry", values[0]))


def _size(least: float) -> Draft:
    return Draft("company_size", "gte", least, _SIZE, ("company_size", least))


def _title(words: list[str]) -> Draft:
    return Draft(
        "job_title", "contains_word", words, _TITLE, ("job_title", words[0]), optional=True
    )


def _country(values: list[str]) -> Draft:
    return Draft("country", "in", values, _COUNTRY, ("country", values[0]), optional=True)


def _page(path: str) -> Draft:
    page = path if path.startswith("/") else f"/{path}"
    visitor = (PAGES, [f"https://www.example.com{page}"])
    return Draft("page_contains", "contains", path, _PAGE, visitor, optional=True, weight=2)


def _commonest(counts: Counter[str], is_kept: Callable[[str], bool], most: int = _FEW) -> list[str]:
    """Return the commonest values, the first spelling of each; ties in the order of the letters."""
    kept: dict[str, str] = {}
    for value, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(kept) == most:
            break
        if len(value) <= _LONGEST and is_kept(value):
            kept.setdefault(folded(value), value)
    return list(kept.values())


def _is_listable(name: str, value: str) -> bool:
    return _is_clean(name, "in", [value])


def _is_clean(type_name: str, comparator: str, value: Any) -> bool:
    """Whether `validate --strict` has nothing to say about a condition with this value."""
    condition = {"type": type_name, "comparator": comparator, "value": value}
    body = {"label": "x", "rules": {"groups": [{"operator": "AND", "conditions": [condition]}]}}
    try:
        text = json_text(body, None).encode()
    except UnicodeEncodeError:
        return False
    document = read_document(text, "draft.json")
    _, findings = check_document(document, None, definitions=NOTHING_DEFINED)
    return not findings


def _numbers(rows: list[list[Any]]) -> Iterable[tuple[int, tuple[float, float]]]:
    for row, pairs in enumerate(rows):
        for low, high in pairs:
            if math.isfinite(low):
                yield row, (low, high)


def _words(title: str) -> set[str]:
    letters = (letter if letter.isalnum() else " " for letter in title.casefold())
    return set("".join(letters).split())


def _whole(number: float) -> float:
    return int(number) if number == int(number) else number
