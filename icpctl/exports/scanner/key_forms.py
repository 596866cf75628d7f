"""The form in which the keys of records and the names of columns are compared."""

from __future__ import annotations

_SPACES = [0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000]
_DROPPED = dict.fromkeys([*_SPACES, ord("_"), ord("-")])


def key_form(key: str) -> str:
    """Return a key without letter case, spaces (Unicode's category Zs), `_` and `-`.

    >>> key_form("Company Size") == key_form("company_size") == key_form("companySize")
    True
    """
    return key.casefold().translate(_DROPPED)
