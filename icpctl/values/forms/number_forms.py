"""Numbers and counts as people write them: `1,200`, `1 200`, `1'200`, `1.5K`, `$2M`, `12 €`."""

from __future__ import annotations

import math
import re
import unicodedata

from icpctl.values.forms.text_forms import visible

# What Arrow's and databases' regular expressions read as Python's do.
DECIMAL = r"-?(0|[1-9][0-9]*)(\.[0-9]+)?"
NUMBER = f"{DECIMAL}([eE][+-]?[0-9]+)?"
"""A number by JSON's grammar."""

LONGEST = 1_000
"""Characters of the longest text that is read as a number."""

APOSTROPHES = "'\u2019"
_SEPARATORS = f"[,{APOSTROPHES} ]"
_GROUPED = rf"[1-9][0-9]{{0,2}}(?P<separator>{_SEPARATORS})[0-9]{{3}}(?:(?P=separator)[0-9]{{3}})*"
_THOUSANDS = {"": "", "k": "e3", "m": "e6", "b": "e9"}

_ANY_CASE = re.IGNORECASE | re.ASCII
_JSON_NUMBER = re.compile(NUMBER)
_WRITTEN = re.compile(
    rf"(?P<digits>0|[1-9][0-9]*|{_GROUPED})(?P<fraction>\.[0-9]+)?(?: ?(?P<unit>[kmb]))?",
    _ANY_CASE,
)
_DOTTED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_NOT_DIGITS = re.compile("[^0-9]")


def json_number(text: str) -> float | None:
    """Return the number that a text is by JSON's grammar, None for others and infinite ones."""
    if len(text) > LONGEST or not _JSON_NUMBER.fullmatch(text):
        return None
    return _finite(float(text))


def number(text: str) -> float | None:
    """Return the number that a text is in any spelling, with a currency sign or without, or None.

    `1,200.50`, `1 200`, `1'200`, `1.5K`, `-$2M`, `12 €`, `1e3`; never NaN or infinite.
    """
    if len(text) > LONGEST:
        return None
    text = visible(text)
    value = json_number(text)
    return _signed(text) if value is None else value


def count(text: str) -> float | None:
    """Return the whole number from 0 on that a text is, or None.

    As `number`, but without a currency sign; `1.200` is 1200, since a count has no fraction.
    """
    if len(text) > LONGEST:
        return None
    text = visible(text)
    if _DOTTED.fullmatch(text):
        return _finite(float(text.replace(".", "")))
    value = json_number(text)
    return whole(_unsigned(text) if value is None else value)


def whole(value: float | None) -> float | None:
    """Return the number if it may be a count: whole, and not below 0."""
    return value if value is not None and value >= 0 and value.is_integer() else None


def _signed(text: str) -> float | None:
    value = _unsigned(_without_currency(text.removeprefix("-").lstrip()))
    return -value if value is not None and text.startswith("-") else value


def _unsigned(text: str) -> float | None:
    written = _WRITTEN.fullmatch(text)
    if not written:
        return None
    digits = _NOT_DIGITS.sub("", written["digits"])
    unit = (written["unit"] or "").lower()
    return _finite(float(f"{digits}{written['fraction'] or ''}{_THOUSANDS[unit]}"))


def _without_currency(text: str) -> str:
    """Return the text without one currency sign at its beginning or its end."""
    if text and _is_currency(text[0]):
        return text[1:].lstrip()
    return text[:-1].rstrip() if text and _is_currency(text[-1]) else text


def _is_currency(character: str) -> bool:
    return unicodedata.category(character) == "Sc"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


WORDS = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0", "0.0"), False),
}
"""The texts that are booleans, in any letter case, and what they are."""

_LONGEST = 100


def boolean(text: str) -> bool | None:
    """Return the boolean that a text is, or None."""
    return WORDS.get(visible(text).casefold()) if len(text) <= _LONGEST else None
