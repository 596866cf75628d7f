"""A naive evaluator written from the specification alone, for tests to hold icpctl to.

It shares no code with icpctl and prefers the obvious to the fast: a visitor and a config are plain
dicts as `json.loads` gives them, and every sentence of the specification is a few lines of Python.
"""

from __future__ import annotations

import json
import math
import re
import sys
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cache
from json import scanner
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category

import pycountry

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = {
    "T": "utm_source utm_medium utm_campaign utm_term utm_content industry country region city "
    "job_title employee_size_range domain linkedin_url company_city company_region "
    "company_postal_code",
    "N": "page_view_count session_count company_size icp_score last_seen_days",
    "B": "icp_match persona_match",
    "P": "page_contains page_equals",
}
KIND = {name: kind for kind, names in KINDS.items() for name in names.split()}

# The fields of a record that a condition type asks for, where that is not the one of its own name.
FIELDS = {
    "page_contains": ["pages"],
    "page_equals": ["pages"],
    "last_seen_days": ["last_seen", "last_seen_days"],
    "employee_size_range": ["employee_size_range", "company_size"],
}
OTHER_NAMES = {
    "id": ["visitor_id", "visitorId"],
    "last_seen": ["last_seen_at", "lastSeenAt"],
    "pages": ["pages_visited", "pagesVisited"],
}

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
WWW = re.compile(r"^www\.", re.IGNORECASE)
DASH = re.compile("[\u002d\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
THOUSANDS = re.compile("(?<=[0-9])[,.'\u2019](?=[0-9]{3}(?![0-9]))")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MILLISECONDS_FROM = 1e11
LINE_LIMIT = 16 * 1024 * 1024


class Range(NamedTuple):
    """A range of whole numbers; `high` is infinite for `N+`."""

    low: float
    high: float


class Seen(NamedTuple):
    """What a visitor has for a field, and whether all of it fitted the field's kind."""

    values: list[Any]
    fits: bool = True


MISSING = Seen([])
MISFIT = Seen([], fits=False)


# Verdicts (5)


def verdict(
    configs: list[tuple[str, dict[str, Any]]],
    record: dict[str, Any],
    *,
    as_of: str,
    case_sensitive: bool = False,
) -> dict[str, Any]:
    """What `configs` (slug and body, in order, all of them to be scored) make of one visitor."""
    scores = [
        (slug, config_score(body, record, as_of=as_of, case_sensitive=case_sensitive))
        for slug, body in configs
    ]
    matches = [
        {"config": slug, "score": rounded(score)} for slug, score in scores if score is not None
    ]
    return {
        "icp_match": bool(matches),
        "icp": matches[0]["config"] if matches else None,
        "icp_score": matches[0]["score"] if matches else 0.0,
        "matches": matches,
        "warnings": warnings([body for _, body in configs], record),
    }


def config_score(
    body: dict[str, Any], record: dict[str, Any], *, as_of: str, case_sensitive: bool = False
) -> Fraction | None:
    """The highest score of the groups that match, not rounded; None when no group matches."""
    scores = [
        group_score(group, record, as_of=as_of, case_sensitive=case_sensitive)
        for group in body["rules"]["groups"]
    ]
    return max((score for score in scores if score is not None), default=None)


def group_score(
    group: dict[str, Any], record: dict[str, Any], *, as_of: str, case_sensitive: bool = False
) -> Fraction | None:
    """The score of one group, not rounded; None when the group does not match."""
    required: list[tuple[Fraction, bool]] = []
    optional: list[tuple[Fraction, bool]] = []
    for condition in group["conditions"]:
        weight = Fraction(str(condition.get("weight", 1)))
        held = holds(condition, record, as_of=as_of, case_sensitive=case_sensitive)
        (optional if condition.get("optional", False) else required).append((weight, held))
    total = sum((weight for weight, _ in optional), Fraction())
    score = sum((weight for weight, held in optional if held), Fraction())
    if required and group["operator"] == "AND":
        if not all(held for _, held in required):
            return None
        total += sum(weight for weight, _ in required)
        score += sum(weight for weight, _ in required)
    elif required:
        if not any(held for _, held in required):
            return None
        total += max(weight for weight, _ in required)
        score += max(weight for weight, held in required if held)
    return 100 * score / total


def rounded(score: Fraction) -> float:
    """2 decimals, half away from zero (a score is never below zero)."""
    return float(Fraction(math.floor(score * 100 + Fraction(1, 2)), 100))


def warnings(bodies: list[dict[str, Any]], record: dict[str, Any]) -> list[str]:
    """The fields that some condition asks for and whose value in the record did not fit."""
    types = {
        condition["type"]
        for body in bodies
        for group in body["rules"]["groups"]
        for condition in group["conditions"]
    }
    fields = {field for name in types for field in FIELDS.get(name, [name])}
    return sorted(field for field in fields if not see(record, field).fits)


# Conditions (3)


def holds(
    condition: dict[str, Any], record: dict[str, Any], *, as_of: str, case_sensitive: bool = False
) -> bool:
    """Whether one condition holds for one visitor."""
    name, comparator = condition["type"], condition["comparator"]
    if comparator.startswith("not_"):
        twin = condition | {"comparator": comparator.removeprefix("not_")}
        return not holds(twin, record, as_of=as_of, case_sensitive=case_sensitive)
    subject = subject_of(name, record, as_of)
    value = condition.get("value")
    if comparator == "exists":
        return bool(subject) == (value is None or flag(value).values == [True])
    if KIND[name] == "B":
        return subject == flag(value).values
    if KIND[name] == "N":
        return any(number_holds(comparator, value, number) for number in subject)

    def fold(text: str) -> str:
        return text.strip() if case_sensitive else text.strip().casefold()

    if name == "employee_size_range" and not subject and comparator in {"equals", "in", "has_any"}:
        listed = [value] if comparator == "equals" else value
        return any(
            within(size, text_of(wanted))
            for size in see(record, "company_size").values
            for wanted in listed
        )
    return text_holds(name, comparator, value, subject, fold)


def subject_of(name: str, record: dict[str, Any], as_of: str) -> list[Any]:
    """What the visitor has for a condition type: nothing, one value or several."""
    if name in {"page_contains", "page_equals"}:
        return see(record, "pages").values
    if name == "last_seen_days":
        days = [
            float(max(0, math.floor((seconds_of(as_of) - seconds) / 86400)))
            for seconds in see(record, "last_seen").values
        ]
        return days or see(record, "last_seen_days").values
    return see(record, name).values


def number_holds(comparator: str, value: Any, has: float | Range) -> bool:
    """Compare a number, or every number of a range at once."""
    low, high = has if isinstance(has, Range) else (has, has)
    numbers = [number(item).values[0] for item in (value if isinstance(value, list) else [value])]
    if comparator == "equals":
        return low == high == numbers[0]
    if comparator == "in" and low == high:
        return low in numbers
    if comparator == "in":
        return len({n for n in numbers if n % 1 == 0 and low <= n <= high}) == high - low + 1
    return {
        "gt": low > numbers[0],
        "gte": low >= numbers[0],
        "lt": high < numbers[0],
        "lte": high <= numbers[0],
        "between": numbers[0] <= low and high <= numbers[-1],
    }[comparator]


def text_holds(
    name: str, comparator: str, value: Any, subject: list[str], fold: Callable[[str], str]
) -> bool:
    """Compare the texts or pages of a visitor; `fold` is how both sides are read."""
    if comparator == "contains":
        return any(fold(text_of(value)) in fold(has) for has in subject)
    if comparator == "starts_with":
        return any(fold(has).startswith(fold(text_of(value))) for has in subject)
    if comparator == "ends_with":
        return any(fold(has).endswith(fold(text_of(value))) for has in subject)
    listed = [value] if comparator == "equals" else value
    hits = [
        any(equal(name, fold(has), fold(text_of(wanted))) for has in subject) for wanted in listed
    ]
    return all(hits) if comparator == "has_all" else any(hits)


def equal(name: str, has: str, wanted: str) -> bool:
    """Whether two texts are equal in the normal form of the condition type (4)."""
    if name == "page_contains":
        return wanted in has
    if name == "page_equals" and wanted.startswith("/"):
        return page_path(has) == re.split("#", wanted)[0].rstrip("/")
    if name in {"page_equals", "linkedin_url"}:
        return url_form(has) == url_form(wanted)
    if name == "domain":
        return domain_form(has) == domain_form(wanted)
    if name == "employee_size_range":
        return range_form(has) == range_form(wanted)
    if name == "country" and country_of(has) and country_of(wanted):
        return country_of(has) == country_of(wanted)
    return has == wanted


# Normal forms (4)


def domain_form(text: str) -> str:
    """A domain without scheme, path, port, trailing dots and `www.`."""
    form = re.split("[/?#]", SCHEME.sub("", text))[0]
    form = re.sub(r":[0-9]+\Z", "", form).rstrip(".")
    return WWW.sub("", form) or text


def url_form(text: str) -> str:
    """A URL without fragment, scheme, `www.` and trailing slashes."""
    return WWW.sub("", SCHEME.sub("", re.split("#", text)[0])).rstrip("/")


def page_path(page: str) -> str:
    """The path of a page: no scheme, host, query, fragment and trailing slashes."""
    path = re.split("[#?]", page)[0]
    if path.startswith("//") or not path.startswith("/"):
        rest = path[2:] if path.startswith("//") else SCHEME.sub("", path)
        path = "/" + rest.split("/", 1)[1] if "/" in rest else ""
    return path.rstrip("/")


def range_form(text: str) -> str:
    """A range without spaces and thousands separators, any dash as `-`."""
    return THOUSANDS.sub("", DASH.sub("-", "".join(text.split())))


def range_of(text: str) -> Range | None:
    """The whole numbers that `N-M` or `N+` stands for."""
    form = range_form(text)
    if open_end := re.fullmatch(r"([0-9]+)\+", form):
        return Range(float(open_end[1]), math.inf)
    if both := re.fullmatch("([0-9]+)-([0-9]+)", form):
        low, high = float(both[1]), float(both[2])
        return Range(low, high) if low <= high else None
    return None


def within(size: float | Range, listed: str) -> bool:
    """Whether a single number of employees lies in a listed range; `51-51` is one number."""
    wanted = range_of(listed)
    lowest, highest = size if isinstance(size, Range) else (size, size)
    return wanted is not None and lowest == highest and wanted.low <= lowest <= wanted.high


@cache
def countries() -> dict[str, str]:
    """Every name and code of every country, to its two-letter code."""
    known = {
        plain(entry[key]): entry["alpha_2"]
        for entry in map(dict, pycountry.countries)
        for key in ("name", "official_name", "common_name", "alpha_2", "alpha_3", "numeric")
        if key in entry
    }
    return known | {"uk": "GB", "russia": "RU", "turkey": "TR"}


def country_of(text: str) -> str | None:
    """The country that a text names, whatever its letter case and accents."""
    return countries().get(plain(text))


def plain(text: str) -> str:
    """Text without accents, letter case and doubled spaces."""
    letters = unicodedata.normalize("NFD", " ".join(text.split()))
    return "".join(c for c in letters if not unicodedata.combining(c)).casefold()


# Visitor values (4)


def see(record: dict[str, Any], field: str) -> Seen:
    """Find a field under its names: the first value that fits its kind, else the first misfit."""
    names = [field, *OTHER_NAMES.get(field, [])]
    found = [read(field, raw) for name in names for raw in spelt(record, name)]
    fitting = (seen for seen in found if seen.values)
    misfits = (seen for seen in found if not seen.fits)
    return next(fitting, next(misfits, MISSING))


def spelt(record: dict[str, Any], name: str) -> list[Any]:
    """The values of a key in any spelling, the exact one first."""
    others = [value for key, value in record.items() if key != name and form(key) == form(name)]
    return [record[name], *others] if name in record else others


def form(key: str) -> str:
    """A key without letter case, spaces, `_` and `-`."""
    return "".join(it for it in key.casefold() if it not in "_-" and category(it) != "Zs")


def read(field: str, raw: Any) -> Seen:
    """A value as its field's kind."""
    if raw is None or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return MISSING
    special = {"pages": pages, "last_seen": moment, "company_size": size}
    by_kind = {"T": texts, "N": number, "B": flag}
    return special[field](raw) if field in special else by_kind[KIND[field]](raw)


def text_of(value: Any) -> str:
    """A scalar as text: a number or a boolean is its JSON text."""
    return value if isinstance(value, str) else json.dumps(value)


def texts(raw: Any) -> Seen:
    """One text, or those of a list."""
    items = raw if isinstance(raw, list) else [raw]
    good = [item for item in items if is_scalar(item)]
    values = [text_of(item) for item in good if item is not None]
    return Seen([text for text in values if text.strip()], len(good) == len(items))


def is_scalar(value: Any) -> bool:
    """Whether a value is null, a text, a boolean or a number; `NaN` is none."""
    infinite = isinstance(value, float) and not math.isfinite(value)
    return not isinstance(value, dict | list) and not infinite


def number(raw: Any) -> Seen:
    """A JSON number or a string that is one, finite as a double."""
    if isinstance(raw, bool | list | dict):
        return MISFIT
    if isinstance(raw, str) and not NUMBER.fullmatch(raw.strip()):
        return MISFIT
    try:
        value = float(raw)
    except OverflowError:
        return MISFIT
    return Seen([value]) if math.isfinite(value) else MISFIT


def size(raw: Any) -> Seen:
    """A number, or a range of them."""
    if number(raw).fits or not isinstance(raw, str):
        return number(raw)
    found = range_of(raw)
    return Seen([found]) if found else MISFIT


def flag(raw: Any) -> Seen:
    """true or false, 1 or 0, or those words in any letter case."""
    words = {"true": True, "1": True, "false": False, "0": False}
    if isinstance(raw, str):
        word = raw.strip().casefold()
        return Seen([words[word]]) if word in words else MISFIT
    return Seen([bool(raw)]) if isinstance(raw, int | float) and raw in (0, 1) else MISFIT


def pages(raw: Any) -> Seen:
    """One page, or a list of texts and of objects with `url` or `path`."""
    if not isinstance(raw, str | list):
        return MISFIT
    found: list[str] = []
    fits = True
    for item in raw if isinstance(raw, list) else [raw]:
        page = item
        if isinstance(item, dict):
            page = item.get("path") if item.get("url") is None else item["url"]
        if isinstance(page, str):
            found += [page] if page.strip() else []
        elif item is not None:
            fits = False
    return Seen(found, fits)


def moment(raw: Any) -> Seen:
    """A point in time as seconds since 1970: ISO 8601, or epoch seconds or milliseconds."""
    try:
        if isinstance(raw, str) and re.fullmatch("[0-9]{8}", raw.strip()):
            seconds = seconds_of(raw.strip())
        elif number(raw).fits:
            epoch = Fraction(number(raw).values[0])
            seconds = epoch / 1000 if abs(epoch) >= MILLISECONDS_FROM else epoch
        elif isinstance(raw, str):
            seconds = seconds_of(raw.strip())
        else:
            return MISFIT
    except ValueError:
        return MISFIT
    inside = seconds_of("0001-01-01") <= seconds < seconds_of("9999-12-31") + 86400
    return Seen([seconds]) if inside else MISFIT


def seconds_of(text: str) -> Fraction:
    """Seconds since 1970 of an ISO 8601 text; ValueError when it is none."""
    at = datetime.fromisoformat(text)
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return Fraction((at - EPOCH) // MICROSECOND, 10**6)


# Lines (6)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not one JSON object, and why."""

    reason: str


def read_line(line: bytes, first: bool) -> dict[str, Any] | Rejected | None:
    """The visitor of one line, None for a blank line; `first` is the first line of a file."""
    text = line.removesuffix(b"\n").removesuffix(b"\r")
    if first:
        text = text.removeprefix(b"\xef\xbb\xbf")
    if not text.strip():
        return None
    if len(text) > LINE_LIMIT:
        return Rejected("over 16 MiB")
    try:
        value = parse(text.strip().decode("utf-8"))
    except ValueError as error:
        return Rejected(str(error))
    return value if isinstance(value, dict) else Rejected("not an object")


def parse(text: str) -> Any:
    """JSON of any depth; the first of duplicate keys wins, a lone surrogate is U+FFFD.

    NaN and the infinities, which section 4 takes as numbers that do not fit, have any letter case.
    """
    reader = json.JSONDecoder(object_pairs_hook=first_wins, parse_int=whole_number)
    escapes = r"\\(u[dD][89abAB]..\\u[dD][c-fC-F]..|u[dD][89a-fA-F][0-9a-fA-F]{2}|.)"
    text = re.sub(escapes, lambda found: r"\ufffd" if len(found[0]) == 6 else found[0], text)
    words = r'("(?:[^"\\]|\\.)*")|-?\b(?:nan|inf(?:inity)?)\b'
    text = re.sub(words, lambda found: found[1] or "NaN", text, flags=re.IGNORECASE | re.DOTALL)
    try:
        return reader.decode(text)
    except RecursionError:
        # The scanner written in Python needs no more than a higher limit, the one in C a stack.
        reader.scan_once = scanner.py_make_scanner(reader)
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(4 * len(text) + before)
        try:
            return reader.decode(text)
        finally:
            sys.setrecursionlimit(before)


def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object from its members in order."""
    record: dict[str, Any] = {}
    for key, value in pairs:
        record.setdefault(key, value)
    return record


def whole_number(digits: str) -> int | float:
    """An integer; beyond what Python reads as one, a double."""
    return int(digits) if len(digits) < 4000 else float(digits)
