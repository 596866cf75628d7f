"""Dates as exports write them -> microseconds since 1970 in UTC."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from icpctl.values import number_forms
from icpctl.values.text_forms import visible

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_1, YEAR_9999 = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The first and the last microsecond that a date may be."""

LONGEST = 100
"""Characters of the longest text that is read as a date."""

_SECOND = 1_000_000  # microseconds
_LEAST_EPOCH = 1e8
_PER_SECOND = ((1e17, 1_000_000_000), (1e14, 1_000_000), (1e11, 1_000))
"""From which size on a number counts how small a part of a second; below the last, seconds."""

_LARGEST_EPOCH = 1e21
"""Above the year 9999 in any unit."""

_DAYS_AS_NUMBERS = range(1990, 2101)  # years

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            *("january jan", "february feb", "march mar", "april apr", "may", "june jun"),
            *("july jul", "august aug", "september sept sep", "october oct", "november nov"),
            "december dec",
        ],
        1,
    )
    for name in names.split()
}
_MONTH = rf"(?P<name>{'|'.join(_MONTHS)})\.?"
_WEEKDAY = "(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? )?"
_DATES = (
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)",
    r"(?P<year>\d{4})/(?P<month>\d\d?)/(?P<day>\d\d?)",
    r"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})",
    rf"{_WEEKDAY}{_MONTH} (?P<day>\d\d?),? (?P<year>\d{{4}})",
    rf"{_WEEKDAY}(?P<day>\d\d?)[ -]{_MONTH},?[ -](?P<year>\d{{4}})",
    r"(?P<year>\d{4})-?W(?P<week>\d\d)(?:-?(?P<weekday>[1-7]))?",
)
_CLOCK = (
    r"(?P<hour>\d\d?)(?::(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"(?: ?(?P<half>[ap])\.?m\.?)?"
)
_ZONE = (
    r"(?: ?(?:Z|UTC|GMT))?(?: ?(?P<sign>[+-])(?P<ahead>\d\d)(?::?(?P<minutes>\d\d))?)?"
    r"(?: UTC| GMT)?(?: \([a-z ]+\))?"
)
_PATTERNS = (
    *(rf"{date}(?:(?:T|,? (?:at )?){_CLOCK}{_ZONE})?" for date in _DATES),
    r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    rf"(?:(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?{_ZONE}",
)
_COMPACT = {10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""By their length, the formats of digits that may be a date and a time."""

_TWO_READINGS = re.compile(r"\d\d?/\d\d?/\d{4}(?!\d).*", re.A | re.S)


def instant(text: str) -> int | None:
    """Return the microseconds since 1970 of a date in any spelling that has one reading, or None.

    ISO 8601, RFC 2822, dates with the names of months, `2026/11/20`, `20.11.2026`, and numbers as
    `epoch` has them. A time without a zone is in UTC; a date alone is its midnight.
    """
    if len(text) > LONGEST:
        return None
    text = visible(text)
    if number_forms.json_number(text) is not None:
        return epoch(text)
    for pattern in _PATTERNS:
        if match := re.fullmatch(pattern, text, re.I | re.A):
            return _instant_of(match.groupdict())
    return None


def epoch(text: str) -> int | None:
    """Return the microseconds since 1970 of a number by JSON's grammar, or None.

    By its size it counts seconds, milliseconds, microseconds or nanoseconds; eight digits may be a
    date such as 20261120. None for others below 10^8, and outside the years 1 to 9999.
    """
    value = number_forms.json_number(text) if len(text) <= LONGEST else None
    if value is None:
        return None
    if value < _LEAST_EPOCH:
        return _day_as_number(value)
    if value > _LARGEST_EPOCH:
        return None
    per_second = next((parts for least, parts in _PER_SECOND if value >= least), 1)
    from fractions import Fraction

    exact = int(text) if text.isdigit() else Fraction(text)
    return _within_years(math.floor(exact * _SECOND // per_second))


def has_two_readings(text: str) -> bool:
    """Return whether a text is a date such as `11/20/2026`, which needs its order said."""
    return len(text) <= LONGEST and bool(_TWO_READINGS.fullmatch(visible(text)))


def compact_format(text: str) -> str | None:
    """Return the format of digits such as `20261120103000`, if these are a date and a time.

    `instant` takes them for a count of seconds, or of parts of one, since 1970.
    """
    pattern = _COMPACT.get(len(text)) if text.isdigit() else None
    try:
        is_date = pattern and datetime.strptime(text, pattern).year in _DAYS_AS_NUMBERS
    except ValueError:
        return None
    return pattern if is_date else None


def instant_text(when: datetime) -> str:
    """Return a moment in UTC as ISO 8601, such as `2026-11-23T12:00:00Z`."""
    return when.isoformat().removesuffix("+00:00") + "Z"


def micros(when: datetime) -> int:
    """Return the microseconds since 1970 of a date with a time zone."""
    return (when - EPOCH) // timedelta(microseconds=1)


def _day_as_number(value: float) -> int | None:
    year, rest = divmod(value, 10_000)
    if year not in _DAYS_AS_NUMBERS or not value.is_integer():
        return None
    try:
        return micros(datetime(int(year), int(rest) // 100, int(rest) % 100, tzinfo=UTC))
    except ValueError:
        return None


def _instant_of(parts: dict[str, str | None]) -> int | None:
    """Return the moment that the parts of a date say, None where there is no such moment."""
    try:
        moment = micros(_day(parts)) + _clock(parts) - _offset(parts)
    except ValueError:
        return None
    return _within_years(moment)


def _day(parts: dict[str, str | None]) -> datetime:
    year = int(parts["year"] or 0)
    if week := parts.get("week"):
        day = datetime.fromisocalendar(year, int(week), int(parts["weekday"] or 1))
        return day.replace(tzinfo=UTC)
    name = parts.get("name")
    month = _MONTHS[name.lower()] if name else int(parts["month"] or 0)
    return datetime(year, month, int(parts["day"] or 0), tzinfo=UTC)


def _clock(parts: dict[str, str | None]) -> int:
    """Return the microseconds since midnight. Raises `ValueError` where no clock shows the time."""
    hour, minute, second = (int(parts.get(part) or 0) for part in ("hour", "minute", "second"))
    if half := parts.get("half"):
        if not 1 <= hour <= 12:
            raise ValueError("not an hour of half a day")
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("not a time of day")
    fraction = (parts.get("fraction") or "")[:6].ljust(6, "0")
    return ((hour * 60 + minute) * 60 + second) * _SECOND + int(fraction)


def _offset(parts: dict[str, str | None]) -> int:
    """Return the microseconds that the time's zone is ahead of UTC."""
    hours, minutes = int(parts["ahead"] or 0), int(parts["minutes"] or 0)
    if hours > 23 or minutes > 59:
        raise ValueError("not an offset")
    offset = (hours * 60 + minutes) * 60 * _SECOND
    return -offset if parts["sign"] == "-" else offset


def _within_years(moment: int) -> int | None:
    return moment if YEAR_1 <= moment <= YEAR_9999 else None
