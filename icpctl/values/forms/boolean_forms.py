"""Booleans as exports write them."""

from __future__ import annotations

from icpctl.values.forms.text_forms import visible

WORDS = {
    **dict.fromkeys(("true", "yes", "y", "t", "on", "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "n", "f", "off", "0", "0.0"), False),
}
"""The texts that are booleans, in any letter case, and what they are."""

_LONGEST = 100


def boolean(text: str) -> bool | None:
    """Return the boolean that a text is, or None."""
    return WORDS.get(visible(text).casefold()) if len(text) <= _LONGEST else None
