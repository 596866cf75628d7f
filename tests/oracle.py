"""A naive evaluator written from the rules alone, for tests to hold icpctl to.

It shares no code with icpctl and prefers the obvious to the fast: a visitor and a config are plain
dicts as `json.loads` gives them, and every rule is a few lines of Python.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unicodedata import category
from urllib.parse import unquote_plus

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
UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
COUNTS = ["page_view_count", "session_count", "company_size"]
OTHER_NAMES = {
    "id": ["visitor_id", "visitorId"],
    "last_seen": ["last_seen_at", "lastSeenAt"],
    "pages": ["pages_visited", "pagesVisited"],
}

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://")
WWW = re.compile(r"^www\.", re.IGNORECASE)
DASH = re.compile("[\u002d\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
INVISIBLE = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
NO_VALUE = ["", "NULL", "\\N", "N/A", "n/a", "#N/A", "NaN", "(not set)"]
COUNTRY_NAMES = Path(__file__).parent.parent / "icpctl" / "values" / "country_names.tsv"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
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
    tiers: dict[str, float] | None = None,
) -> dict[str, Any]:
    """What `configs` (slug and body, in order, all of them to be scored) make of one visitor."""
    matches: list[dict[str, Any]] = []
    excluding: list[str] = []
    for slug, body in configs:
        best = config_score(body, record, as_of=as_of, case_sensitive=case_sensitive)
        if best is None or rounded(best) < body.get("minScore", 0):
            continue
        if body.get("exclude", False):
            excluding.append(slug)
        else:
            matches.append({"config": slug, "score": rounded(best)})
    is_match = bool(matches) and not excluding
    score = matches[0]["score"] if is_match else 0.0
    excludes = any(body.get("exclude", False) for _, body in configs)
    return {
        "icp_match": is_match,
        "icp": matches[0]["config"] if is_match else None,
        "icp_score": score,
        "matches": matches,
        **({"icp_tier": tier(score, tiers) if is_match else None} if tiers else {}),
        **({"excluded_by": excluding[0] if excluding else None} if excludes else {}),
        "warnings": warnings([body for _, body in configs], record),
    }


def tier(score: float, tiers: dict[str, float]) -> str | None:
    """The tier with the highest bound that a score reaches."""
    reached = [(bound, name) for name, bound in tiers.items() if score >= bound]
    return max(reached)[1] if reached else None


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
    return sorted(
        field for field in fields if not see(record, field).fits and not in_query(field, record)
    )


def in_query(field: str, record: dict[str, Any]) -> bool:
    """Whether the query of a page has what the record's own field has not."""
    return (
        field in UTM
        and not see(record, field).values
        and bool(query_parameter(field, see(record, "pages").values))
    )


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
        return visible(text) if case_sensitive else composed(visible(text).casefold())

    if name == "employee_size_range" and not subject and comparator in {"equals", "in", "has_any"}:
        listed = [value] if comparator == "equals" else value
        return any(
            within(size, visible(text_of(wanted)))
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
        own = see(record, "last_seen_days").values
        return days or [float(max(0, math.floor(value))) for value in own]
    if name in UTM and not see(record, name).values:
        return query_parameter(name, see(record, "pages").values)
    if name == "domain":
        return [domain_form(visible(text)) for text in see(record, name).values]
    return see(record, name).values


def query_parameter(name: str, pages: list[str]) -> list[str]:
    """The parameter of the first page whose query has it."""
    for page in pages:
        for pair in page.split("#")[0].partition("?")[2].split("&"):
            key, _, value = pair.partition("=")
            if unquote_plus(key).lower() == name:
                if not is_missing(unquote_plus(value)):
                    return [unquote_plus(value)]
                break
    return []


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
    listed = value if isinstance(value, list) else [value]
    found = {
        "contains": lambda has, part: part in has,
        "contains_word": contains_word,
        "starts_with": str.startswith,
        "ends_with": str.endswith,
    }.get(comparator)
    if found:
        return any(found(fold(has), fold(text_of(part))) for has in subject for part in listed)
    hits = [
        any(equal(name, fold(has), fold(text_of(wanted))) for has in subject) for wanted in listed
    ]
    return all(hits) if comparator == "has_all" else any(hits)


def contains_word(text: str, part: str) -> bool:
    """Whether a part of a text is next to no letter and no digit."""
    places = [at for at in range(len(text)) if text.startswith(part, at)]
    around = [(text[at - 1 : at] if at else "", text[at + len(part) :][:1]) for at in places]
    return any(not in_word(before) and not in_word(after) for before, after in around)


def in_word(character: str) -> bool:
    """Whether a character is a letter or a digit; a mark belongs to its letter."""
    return character != "" and unicodedata.category(character)[0] in "LNM"


def equal(name: str, has: str, wanted: str) -> bool:
    """Whether two texts are equal in the normal form of the condition type (4)."""
    if name == "page_contains":
        return wanted in has
    if name == "page_equals" and wanted.startswith("/"):
        return page_path(has) == re.split("#", wanted)[0].rstrip("/")
    if name in {"page_equals", "linkedin_url"}:
        return url_form(has) == url_form(wanted)
    if name == "domain":
        return has == domain_form(wanted)
    if name == "employee_size_range" and range_of(has) and range_of(wanted):
        return range_of(has) == range_of(wanted)
    if name == "country" and country_of(has) and country_of(wanted):
        return country_of(has) == country_of(wanted)
    return has == wanted


# Normal forms (4)


def domain_form(text: str) -> str:
    """A domain without scheme, path, what is before an `@`, port, trailing dots and `www.`."""
    form = re.split("[/?#]", SCHEME.sub("", text))[0].split("@")[-1]
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


def range_of(text: str) -> Range | None:
    """The whole numbers that a range in any spelling, or one number, stands for."""
    text = re.sub(" ?employees?$", "", visible(text).lower())
    if (alone := count_of(text)) is not None:
        return Range(alone, alone)
    ends = re.split(f" ?{DASH.pattern} ?| to ", text)
    if len(ends) == 2 and count_of(ends[0]) is not None and count_of(ends[1]) is not None:
        low, high = count_of(ends[0]), count_of(ends[1])
        return Range(low, high) if low <= high else None
    for pattern, bounds in ONE_SIDED.items():
        if (match := re.fullmatch(pattern, text)) and (limit := count_of(match[1])) is not None:
            low, high = bounds(limit)
            return Range(low, high) if low <= high else None
    return None


ONE_SIDED: dict[str, Callable[[float], tuple[float, float]]] = {
    "(.+?) ?[+]": lambda limit: (limit, math.inf),
    "(.+) (?:and|or) (?:above|over|more)|(.+) and up": lambda limit: (limit, math.inf),
    "(?:over |above |more than |> ?)(.+)": lambda limit: (limit + 1, math.inf),
    "(?:at least |>= ?|\u2265 ?)(.+)": lambda limit: (limit, math.inf),
    "(?:under |below |less than |fewer than |< ?)(.+)": lambda limit: (0, limit - 1),
    "(?:up to |<= ?|\u2264 ?)(.+)": lambda limit: (0, limit),
}


def within(size: float | Range, listed: str) -> bool:
    """Whether a single number of employees lies in a listed range; `51-51` is one number."""
    wanted = range_of(listed)
    lowest, highest = size if isinstance(size, Range) else (size, size)
    return wanted is not None and lowest == highest and wanted.low <= lowest <= wanted.high


@cache
def countries() -> dict[str, str]:
    """Every name and code of every country, to its two-letter code."""
    known = {
        words(plain(entry[key])): entry["alpha_2"]
        for entry in map(dict, pycountry.countries)
        for key in ("name", "official_name", "common_name", "alpha_2", "alpha_3", "numeric")
        if key in entry
    }
    for line in COUNTRY_NAMES.read_text("utf-8").splitlines():
        code, *names = line.split("\t")
        known |= {
            words(plain(visible(name))): code
            for name in names
            if len(name) > 3 or not name.isascii()
        }
    return known | {name: code for code, names in USUAL_NAMES.items() for name in names}


USUAL_NAMES = {
    "US": ["usa", "united states"],
    "GB": ["uk", "great britain"],
    "AE": ["uae"],
    "RU": ["russia"],
    "TR": ["turkey"],
    "IE": ["republic of ireland"],
    "KR": ["korea south", "republic of korea"],
    "HK": ["hong kong sar"],
    "MM": ["burma"],
    "NL": ["holland"],
}


def country_of(text: str) -> str | None:
    """The country that a text names: signs count in codes alone, but for the points of `U.S.`."""
    form = plain(text).strip()
    if re.fullmatch(r"[a-z](\. ?[a-z]){1,2}\.?", form):
        form = re.sub("[. ]", "", form)
    name = words(form)
    return countries().get(name) if len(name) > 3 or name == form else None


def plain(text: str) -> str:
    """Text without accents and letter case, in letters of usual width."""
    narrow = (unicodedata.normalize("NFKC", c) if "\uff01" <= c <= "\uff5e" else c for c in text)
    letters = unicodedata.normalize("NFD", "".join(narrow).casefold())
    return composed("".join(c for c in letters if not "\u0300" <= c <= "\u036f"))


def words(name: str) -> str:
    """A country's name without spaces and signs, emoji aside, and without `the`."""
    spaced = "".join(" " if is_sign(c) else c for c in name.replace("&", " and "))
    return " ".join(spaced.split()).removeprefix("the ").removesuffix(" the")


def is_sign(character: str) -> bool:
    """Whether a character is a space or a sign of ASCII, Latin-1, or those of Latin and Chinese."""
    is_near = "\0" < character < "\u0100" or "\u2000" <= character < "\u2070"
    return (is_near or "\u3000" <= character < "\u3040") and not character.isalnum()


def visible(text: str) -> str:
    """Text in composed form, without what cannot be seen; white space is single spaces."""
    return composed(" ".join(INVISIBLE.sub("", text).split()))


def composed(text: str) -> str:
    """Text in NFC."""
    return unicodedata.normalize("NFC", text)


def is_missing(text: str) -> bool:
    """Whether a text is what exports write for no value."""
    return visible(text) in NO_VALUE


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
    if raw is None or raw == [] or (isinstance(raw, str) and is_missing(raw)):
        return MISSING
    special = {"pages": pages, "last_seen": moment, "company_size": size}
    if field == "employee_size_range" and isinstance(raw, dict) and size(raw).fits:
        low, high = range_of_object(raw)
        return Seen([f"{low:.0f}+" if high == math.inf else f"{low:.0f}-{high:.0f}"])
    special |= dict.fromkeys(["page_view_count", "session_count"], count)
    by_kind = {"T": texts, "N": number, "B": flag}
    return special[field](raw) if field in special else by_kind[KIND[field]](raw)


def text_of(value: Any) -> str:
    """A scalar as text: a number or a boolean is its JSON text, without an empty fraction."""
    return value if isinstance(value, str) else re.sub(r"(?<=[0-9])\.0+\Z", "", json.dumps(value))


def texts(raw: Any) -> Seen:
    """One text, or those of a list."""
    items = raw if isinstance(raw, list) else [raw]
    good = [item for item in items if is_scalar(item)]
    values = [text_of(item) for item in good if item is not None]
    return Seen([text for text in values if not is_missing(text)], len(good) == len(items))


def is_scalar(value: Any) -> bool:
    """Whether a value is null, a text, a boolean or a number; `NaN` is none."""
    infinite = isinstance(value, float) and not math.isfinite(value)
    return not isinstance(value, dict | list) and not infinite


def number(raw: Any) -> Seen:
    """A JSON number or a string that is one in any spelling, finite as a double."""
    if isinstance(raw, bool | list | dict):
        return MISFIT
    try:
        value = number_of(visible(raw)) if isinstance(raw, str) else float(raw)
    except OverflowError:
        return MISFIT
    return Seen([value]) if value is not None and math.isfinite(value) else MISFIT


def number_of(text: str) -> float | None:
    """What a text is as a number, currency signs included."""
    if NUMBER.fullmatch(text):
        return float(text)
    if text.startswith("-"):
        found = number_of(text[1:].strip())
        return None if found is None or found < 0 else -found
    sign = [character for character in text if unicodedata.category(character) == "Sc"]
    if len(sign) == 1 and (text[0] == sign[0] or text[-1] == sign[0]):
        return grouped(text.strip(sign[0]).strip())
    return grouped(text)


def grouped(text: str) -> float | None:
    """A number with groups of three, or with K, M or B for thousands, millions or billions."""
    parts = re.fullmatch(r"(.+?) ?([kmb])?", text, re.IGNORECASE)
    if not parts:
        return None
    digits = parts[1]
    for separator in ",' \u2019":
        if re.fullmatch(rf"[1-9][0-9]{{0,2}}({separator}[0-9]{{3}})+(\.[0-9]+)?", digits):
            digits = digits.replace(separator, "")
    if not re.fullmatch(r"(0|[1-9][0-9]*)(\.[0-9]+)?", digits):
        return None
    return float(
        Fraction(digits) * {"k": 10**3, "m": 10**6, "b": 10**9}.get((parts[2] or "").lower(), 1)
    )


def count_of(text: str) -> float | None:
    """A whole number from 0 on; dots separate thousands too, and there is no currency."""
    if re.fullmatch(r"[1-9][0-9]{0,2}(\.[0-9]{3})+", text):
        return float(text.replace(".", ""))
    try:
        value = float(text) if NUMBER.fullmatch(text) else grouped(text)
    except OverflowError:
        return None
    whole = value is not None and math.isfinite(value) and value >= 0 and value % 1 == 0
    return value if whole else None


def count(raw: Any) -> Seen:
    """A number of something."""
    if isinstance(raw, str):
        found = count_of(visible(raw))
        return MISFIT if found is None else Seen([found])
    found = number(raw)
    return found if found.fits and found.values[0] >= 0 and found.values[0] % 1 == 0 else MISFIT


def range_of_object(raw: dict[str, Any]) -> Range:
    """The whole numbers of an object that `size` reads."""
    value = size(raw).values[0]
    return value if isinstance(value, Range) else Range(value, value)


def size(raw: Any) -> Seen:
    """A number, or a range of them."""
    if isinstance(raw, dict) and raw.keys() & {"min", "max"}:
        low, high = raw.get("min"), raw.get("max")
        if low is None:
            raw = f"1 to {text_of(high)}"
        else:
            raw = f"{text_of(low)}+" if high is None else f"{text_of(low)} to {text_of(high)}"
    if not isinstance(raw, str):
        return count(raw)
    found = range_of(raw)
    if not found:
        return MISFIT
    return Seen([found.low if found.low == found.high else found])


def flag(raw: Any) -> Seen:
    """true or false, yes or no, and so on, in any letter case; 1 or 0."""
    if isinstance(raw, str):
        word = visible(raw).casefold()
        if word in {"true", "yes", "y", "t", "on", "1", "1.0"}:
            return Seen([True])
        return Seen([False]) if word in {"false", "no", "n", "f", "off", "0", "0.0"} else MISFIT
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
            found += [part for part in pages_in(page) if not is_missing(part)]
        elif item is not None:
            fits = False
    return Seen(found, fits)


def pages_in(text: str) -> list[str]:
    """The pages that a text lists, each of which begins as a page does."""
    scheme = r"\s*[A-Za-z][A-Za-z0-9+.-]*://"
    host = r"\s*(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:[/:?#]|\s*(?:[;,|\r\n]|$))"
    parts, start = [], 0
    for at, mark in enumerate(text):
        rest = text[at + 1 :]
        path = rest.lstrip().startswith("/") and not (mark in ",|" and "?" in text[start:at])
        is_host = mark in ";\r\n" and re.match(host, rest)
        if mark in ";,|\r\n" and (path or is_host or re.match(scheme, rest)):
            parts.append(text[start:at])
            start = at + 1
    parts.append(text[start:])
    return [part.strip(" \t\r\n;,|") for part in parts] if len(parts) > 1 else parts


def moment(raw: Any) -> Seen:
    """A point in time as seconds since 1970."""
    if isinstance(raw, bool | list | dict):
        return MISFIT
    text = visible(raw) if isinstance(raw, str) else json.dumps(raw)
    try:
        seconds = epoch_of(text) if NUMBER.fullmatch(text) else date_of(text)
    except ValueError:
        return MISFIT
    inside = seconds_of("0001-01-01") <= seconds < seconds_of("9999-12-31") + 86400
    return Seen([seconds]) if inside else MISFIT


def epoch_of(text: str) -> Fraction:
    """A number as a date of eight digits, else as seconds or smaller units by its size."""
    value = float(text)
    if not math.isfinite(value) or value > 1e30:
        raise ValueError("not a date")
    exact = Fraction(text)
    if 19900101 <= value <= 21001231 and exact % 1 == 0:
        return seconds_of(str(int(exact)))
    if value < 10**8:
        raise ValueError("not a date")
    unit = 1 if value < 1e11 else 10**3 if value < 1e14 else 10**6 if value < 1e17 else 10**9
    return Fraction(math.floor(exact * 10**6 / unit), 10**6)


MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def date_of(text: str) -> Fraction:
    """A date in words or figures; ValueError when it is none or has two readings."""
    text = re.sub(r"^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,? ", "", text.lower())
    for pattern in (
        r"(?P<y>\d{4})/(?P<m>\d\d?)/(?P<d>\d\d?)(?P<rest>(?!\d).*)",
        r"(?P<d>\d\d?)\.(?P<m>\d\d?)\.(?P<y>\d{4})(?P<rest>(?!\d).*)",
        r"(?P<d>\d\d?) (?P<name>[a-z]+) (?P<y>\d{4})(?P<rest>(?!\d).*)",
        r"(?P<name>[a-z]+) (?P<d>\d\d?),? (?P<y>\d{4})(?P<rest>(?!\d).*)",
    ):
        if match := re.fullmatch(pattern, text, re.ASCII):
            parts = match.groupdict()
            month = parts.get("m") or MONTHS.index(parts["name"][:3]) + 1
            text = f"{parts['y']}-{int(month):02}-{int(parts['d']):02}{parts['rest']}"
    if half := re.search(r" ?([ap])m\b", text):
        clock = re.search(r"[t ](\d\d?)([:.\d]*)$", text[: half.start()])
        if not clock or not 1 <= int(clock[1]) <= 12:
            raise ValueError("not a time of half a day")
        hour = int(clock[1]) % 12 + (12 if half[1] == "p" else 0)
        text = f"{text[: clock.start()]}t{hour:02}{clock[2]}{text[half.end() :]}"
    text = re.sub(r" ?(z|utc|gmt)?( ?[+-]\d\d:?\d*)( utc| gmt)?$", r"\2", text)
    text = re.sub(r" ?(utc|gmt)$", "z", text)
    text = re.sub(r"(?<=[\d:]) (?=[+-]\d\d)", "", text)
    if not re.fullmatch(
        r"\d{4}-\d\d-\d\d([t ]\d.*)?|\d{8}t\d.*|\d{4}-?w\d\d(-?\d)?([t ]\d.*)?", text
    ):
        raise ValueError("not a date")
    return seconds_of(text.upper())


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

    NaN and the infinities, which are taken as numbers that do not fit, have any letter case.
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
