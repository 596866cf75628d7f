"""The normal forms of `values` in SQL: how equality sees a value.

Each takes a text that is visible and folded. The statement converts the visitor's
values; `values` converts those of the configs when the statement is written.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.folding import accents, country_folding, fold
from icpctl.features.sql.trees import case, whole
from icpctl.values import country_forms, number_forms, url_forms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.trees import Tree

_SCHEME = f"^{url_forms.SCHEME}"
_WWW = f"^{url_forms.WWW}"


def domain(dialect: Dialect, source: Tree) -> Tree:
    """Return the host of a URL or an email: `https://www.acme.example:443/x` -> `acme.example`."""
    host = dialect.before(dialect.replaced_all(source, _SCHEME, ""), "/?#")
    host = dialect.replaced_all(host, "^[^/]*@", "")
    host = dialect.replaced_all(host, f":[0-9]+{dialect.end}", "")
    host = dialect.replaced_all(host, f"[.]+{dialect.end}", "")
    host = dialect.replaced_all(host, _WWW, "")
    nothing = exp.Nullif(this=host, expression=exp.Literal.string(""))
    return exp.Trim(this=exp.Coalesce(this=nothing, expressions=[source.copy()]))


def url(dialect: Dialect, source: Tree) -> Tree:
    """Return a URL without scheme, `www.`, fragment and trailing `/`."""
    form = dialect.replaced_all(dialect.before(source, "#"), _SCHEME, "")
    form = dialect.replaced_all(form, _WWW, "")
    return dialect.replaced_all(form, f"/+{dialect.end}", "")


def path(dialect: Dialect, source: Tree) -> Tree:
    """Return the path of a page, without trailing `/`: `https://a.example/b/?c` -> `/b`."""
    form = dialect.before(source, "#?")
    form = dialect.replaced_all(form, f"^(//|{url_forms.SCHEME})?[^/]*", "")
    return dialect.replaced_all(form, f"/+{dialect.end}", "")


_GROUPS = "|".join(
    f"[1-9][0-9]?[0-9]?({separator}[0-9][0-9][0-9])+" for separator in (",", "'", "\u2019", " ")
)
_NUMBER = f"(({_GROUPS}|0|[1-9][0-9]*)( ?[kmb])?|[1-9][0-9]?[0-9]?([.][0-9][0-9][0-9])+)"
COUNT = f"^{_NUMBER}$"
"""Texts that are a count in SQL, as `spelt` gives them."""

_PREFIXES = {
    "=": "at least |>= ?|\u2265 ?",
    ">": "over |above |more than |> ?",
    "0-": "up to |<= ?|\u2264 ?",
    "<": "under |below |less than |fewer than |< ?",
}
"""What precedes the number of an open range, by what `size_range` writes instead."""

_SUFFIX = " ?[+]| and (above|over|more|up)| or (above|over|more)"
RANGE = (
    f"^({_NUMBER}(( ?- ?| to ){_NUMBER}|{_SUFFIX})?|({'|'.join(_PREFIXES.values())}){_NUMBER})"
    "( ?employees?)?$"
)
"""Texts that are a range in SQL, in lower case and with `-` for any dash."""


def spelt(dialect: Dialect, source: Tree) -> Tree:
    """Return a text in which `RANGE` is looked for."""
    dashes = number_forms.DASHES
    return dialect.translated(dialect.lowered(source), dashes, "-" * len(dashes))


def size_range(dialect: Dialect, source: Tree) -> Tree:
    """Return a range in digits: `51-200`, `51`, `51+`, `=51`, `>50`, `<51`; else NULL."""
    form = plain = spelt(dialect, source)
    for mark, words in _PREFIXES.items():
        form = dialect.replaced_all(form, f"^({words})", mark)
    form = dialect.replaced_all(form, f" ?employees?{dialect.end}", "")
    form = dialect.replaced_all(form, f"({_SUFFIX}){dialect.end}", "+")
    form = dialect.replaced_all(dialect.replaced(form, " to ", "-"), "[,.'\u2019 ]", "")
    for unit, zeros in (("k", "000"), ("m", "000000"), ("b", "000000000")):
        form = dialect.replaced(form, unit, zeros)
    return case((dialect.matches(plain.copy(), RANGE), form))


def spellings(low: float, high: float) -> list[str]:
    """Return what `size_range` gives for every text that is this range."""
    least = int(low)
    if math.isinf(high):
        return [f"{least}+", f"={least}", *([f">{least - 1}"] if least else [])]
    most = int(high)
    alone = [str(least)] if least == most else []
    return [f"{least}-{most}", *alone, *([] if least else [f"<{most + 1}"])]


def range_bounds(dialect: Dialect, form: Tree) -> tuple[Tree, Tree]:
    """Return the lowest and the highest number of what `size_range` gives."""

    def number(pattern: str) -> Tree:
        return dialect.whole_number(dialect.replaced_all(form.copy(), pattern, ""))

    def more(source: Tree, by: int) -> Tree:
        return exp.Add(this=source, expression=whole(by))

    alone, infinite = number("[^0-9]"), exp.cast(exp.Literal.string(dialect.infinity), "DOUBLE")
    is_over, is_under = (dialect.matches(form.copy(), pattern) for pattern in ("^>", "^<"))
    is_open = dialect.matches(form.copy(), "^=|[+]$")
    low = case(
        (is_over, more(alone, 1)),
        (is_under, whole(0)),
        (is_open, alone),
        otherwise=number(f"-[0-9]*{dialect.end}"),
    )
    high = case(
        (exp.or_(is_over, is_open), infinite),
        (is_under, more(alone, -1)),
        otherwise=number("^[0-9]*-"),
    )
    return low, high


# Countries


def country(dialect: Dialect, source: Tree, names: Collection[str]) -> Tree:
    """Return a text without letter case and accents, for the letters of these names and codes."""
    letters = dialect.without_any(source.copy(), accents())
    plain = fold(dialect, letters, country_folding(names))
    is_wide = dialect.matches(source.copy(), "[^ -~]")
    return exp.Trim(this=case((is_wide, plain), otherwise=dialect.lowered(source)))


def country_name(dialect: Dialect, source: Tree) -> Tree:
    """Return what `country` gives without punctuation, which names ignore."""
    form = dialect.spaced(dialect.replaced(source, "&", " and "), country_forms.IGNORED)
    return dialect.replaced_all(exp.Trim(this=form), f"^the | the{dialect.end}", "")


def country_code(value: str) -> str | None:
    """Return the alpha-2 code of the country that a text names, if it names one."""
    code = country_forms.country(value)
    return None if code.endswith("\0") else code


def spellings_of(code: str) -> tuple[list[str], list[str]]:
    """Return the spellings of a country, as `country_name` and as `country` have them.

    The first are its names; the second its codes, and names as short as codes, in which punctuation
    counts too.
    """
    # In order, so that the same configs always make the same text.
    known = sorted(
        name for name, owner in zip(*country_forms.names_and_codes(), strict=True) if owner == code
    )
    names = [name for name in known if len(name) > country_forms.LONGEST_CODE]
    codes = [spelling for name in known if name not in names for spelling in _initials(name)]
    return names, codes


def _initials(code: str) -> Iterator[str]:
    """Return a code, also with points: `us`, `u.s`, `u.s.`, `u. s.`."""
    yield code
    if code.isascii() and code.isalpha():
        for points in product((".", ". "), repeat=len(code) - 1):
            dotted = "".join(map("".join, zip(code, (*points, ""), strict=True)))
            yield from (dotted, f"{dotted}.")
