"""The form in which the keys of records and the names of columns are compared."""

from __future__ import annotations

_SPACES = " \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_DROPPED = str.maketrans("", "", "_-" + _SPACES)


def key_form(key: str) -> str:
    """Return a key without letter case, spaces (Unicode's category Zs), `_` and `-`.

    >>> key_form("Company Size") == key_form("company_size") == key_form("companySize")
    True
    """
    return key.casefold().translate(_DROPPED)
