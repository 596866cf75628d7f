"""The form in which the keys of records and the names of columns are compared."""

from __future__ import annotations

import unicodedata

_DROPPED = str.maketrans("", "", " _-")


def key_form(key: str) -> str:
    """Return a key without letter case, spaces (of any width), `_` and `-`.

    >>> key_form("Company Size") == key_form("company_size") == key_form("companySize")
    True
    """
    form = key.casefold().translate(_DROPPED)
    if form.isascii():
        return form
    return "".join(letter for letter in form if unicodedata.category(letter) != "Zs")
