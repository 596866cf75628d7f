"""Normal forms: how the equality comparators see a value (SPEC 4).

Each takes text that is already trimmed and, unless letter case counts, casefolded. They run once
per distinct value, so they are written to be read.
"""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable

# What Arrow's and databases' regular expressions read as Python's do.
SCHEME = "[A-Za-z][A-Za-z0-9+.-]*://"
WWW = "[Ww][Ww][Ww][.]"
DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
NUMBER = f"{DECIMAL}([eE][+-]?[0-9]+)?"

DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
"""What ranges may have in place of `-`."""

SEPARATORS = ",.'\u2019"
"""What separates thousands."""

_SCHEME = re.compile(SCHEME)
_WWW = re.compile(WWW)
_PORT = re.compile(r":[0-9]+\Z")
_DASH = re.compile(f"[{DASHES}]")
_THOUSANDS = re.compile(f"(?<=[0-9])[{SEPARATORS}](?=[0-9]{{3}}(?![0-9]))")
_RANGE = re.compile(r"([0-9]+)(?:-([0-9]+)|\+)")
_EIGHT_DIGITS = re.compile("[0-9]{8}")
_NUMBER = re.compile(NUMBER)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
_MILLISECONDS_FROM = 1e11


def plain(text: str, *, case_sensitive: bool) -> str:
    """The text without outer spaces and, unless letter case counts, casefolded."""
    return text.strip() if case_sensitive else text.strip().casefold()


def domain(text: str) -> str:
    """`https://www.acme.example:443/x` -> `acme.example`."""
    host = re.split("[/?#]", _without(_SCHEME, text), maxsplit=1)[0]
    host = _without(_WWW, _PORT.sub("", host).rstrip("."))
    return host or text


def url(text: str) -> str:
    """A URL without scheme, `www.`, fragment and trailing `/`."""
    return _without(_WWW, _without(_SCHEME, text.partition("#")[0])).rstrip("/")


def path(text: str) -> str:
    """The path alone of a page, without trailing `/`: `https://a.example/b/?c` -> `/b`."""
    rest = re.split("[#?]", text, maxsplit=1)[0]
    if rest.startswith("/") and not rest.startswith("//"):
        return rest.rstrip("/")
    # What follows `//` is a host, whatever it looks like.
    rest = rest[2:] if rest.startswith("//") else _without(_SCHEME, rest)
    _, slash, tail = rest.partition("/")
    return (slash + tail).rstrip("/")


def path_value(text: str) -> str:
    """The form of a config's value that begins with `/`, to be looked for in `path` forms."""
    return text.partition("#")[0].rstrip("/")


def size_range(text: str) -> str:
    """A range without spaces or thousands separators, any dash as `-`: `1,001 - 5,000`."""
    return _THOUSANDS.sub("", _DASH.sub("-", "".join(text.split())))


def range_bounds(text: str) -> tuple[float, float] | None:
    """Lowest and highest number of a range in `size_range` form (`10001+` is open), or None."""
    found = _RANGE.fullmatch(text)
    if not found:
        return None
    low, high = float(found[1]), float(found[2]) if found[2] else math.inf
    return (low, high) if low <= high and math.isfinite(low) else None


def number(text: str) -> float | None:
    """The number that a text is by JSON's grammar, or None; never NaN or infinite."""
    text = text.strip()
    value = float(text) if _NUMBER.fullmatch(text) else math.nan
    return value if math.isfinite(value) else None


def instant(text: str) -> int | None:
    """Microseconds since 1970 of a date in ISO 8601, or of epoch seconds or milliseconds."""
    text = text.strip()
    # Eight digits are a date such as 20261123, not a second of 1970.
    value = None if _EIGHT_DIGITS.fullmatch(text) else number(text)
    if value is not None:
        return epoch(value)
    try:
        when = datetime.fromisoformat(text)
        return micros(when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC))
    except (ValueError, OverflowError):
        return None


def instant_text(when: datetime) -> str:
    """A moment in UTC as ISO 8601, such as `2026-11-23T12:00:00Z`."""
    return when.isoformat().removesuffix("+00:00") + "Z"


def epoch(value: float) -> int | None:
    """Microseconds of epoch seconds or, at or above 10^11, milliseconds.

    None outside the years 1 to 9999.
    """
    found = value * (1_000 if abs(value) >= _MILLISECONDS_FROM else 1_000_000)
    return math.floor(found) if YEAR_1 <= found <= YEAR_9999 else None


def micros(when: datetime) -> int:
    """Microseconds since 1970 of a date with a time zone."""
    return (when - EPOCH) // timedelta(microseconds=1)


def country(text: str) -> str:
    """The ISO 3166 alpha-2 code (upper case) for a country's name or code, else the text itself.

    Punctuation does not count in names. The text of other values stays in front of a NUL, so that
    it can equal no code.
    """
    plain = unaccented(text)
    letters = _letters(plain)
    is_other = len(letters) <= LONGEST_CODE and letters != plain.strip()
    return (None if is_other else _countries().get(letters)) or f"{text}\0"


def _without(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return text[found.end() :] if found else text


LONGEST_CODE = 3
"""Letters of the longest ISO 3166 codes; every name has more."""


def unaccented(name: str) -> str:
    """A text without letter case and accents."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in letters if not unicodedata.combining(c))


def _letters(plain: str) -> str:
    """A country's name reduced to what people agree on: words without punctuation."""
    words = re.findall(r"\w+", plain.replace("&", " and "))
    return " ".join(words[1:] if words[:1] == ["the"] else words)


# Names in common use that ISO 3166-1 does not list.
_OTHER_NAMES = {
    "UK": "GB",
    "Great Britain": "GB",
    "USA": "US",
    "United States of America": "US",
    "Russia": "RU",
    "South Korea": "KR",
    "North Korea": "KP",
    "Turkey": "TR",
    "Czech Republic": "CZ",
    "Ivory Coast": "CI",
    "Cape Verde": "CV",
    "Swaziland": "SZ",
    "Macedonia": "MK",
    "Burma": "MM",
    "Laos": "LA",
    "Syria": "SY",
    "Brunei": "BN",
    "Vatican City": "VA",
    "Holland": "NL",
    "Micronesia": "FM",
    "Palestine": "PS",
    "Macau": "MO",
    "Democratic Republic of the Congo": "CD",
    "DR Congo": "CD",
    "Republic of the Congo": "CG",
    "East Timor": "TL",
}


@cache
def _countries() -> dict[str, str]:
    """Every name and code of ISO 3166-1, as pycountry keeps it, to the alpha-2 code."""
    import pycountry

    found: dict[str, str] = {}
    for entry in pycountry.countries:
        names = {entry.alpha_2, entry.alpha_3, entry.numeric, entry.name}
        names |= {getattr(entry, key, entry.name) for key in ("official_name", "common_name")}
        # "Korea, Republic of" is also written "Republic of Korea".
        names |= {f"{rest} {head}" for head, _, rest in (n.partition(", ") for n in names) if rest}
        found |= {_letters(unaccented(name)): entry.alpha_2 for name in names}
    return found | {_letters(unaccented(name)): code for name, code in _OTHER_NAMES.items()}


def countries() -> tuple[list[str], list[str]]:
    """What `country` knows: names and codes as letters, and each one's alpha-2 code."""
    return list(_countries()), list(_countries().values())


FORMS: dict[Form, Callable[[str], str]] = {
    Form.DOMAIN: domain,
    Form.URL: url,
    Form.PAGE: url,
    Form.COUNTRY: country,
    Form.SIZE_RANGE: size_range,
}
"""The normal form of each `Form` that is not the plain text itself."""
