"""The normal forms of `visitors.normal` in SQL: how equality sees a value (SPEC 4).

Each takes a text that is trimmed and folded. What a visitor has is made into the form by the
statement, what a config asks for by `normal` when the statement is written.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.folding import ascii_spellings
from icpctl.features.sql.trees import RefusedError, case
from icpctl.values import normal_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.trees import Tree

_SCHEME = f"^{normal_forms.SCHEME}"
_WWW = f"^{normal_forms.WWW}"
_OTHER_SEPARATORS = normal_forms.SEPARATORS.replace(",", "")  # the comma stands for them all
_DIGITS = re.compile("[0-9]{4,}")


def domain(dialect: Dialect, source: Tree) -> Tree:
    """`https://www.acme.example:443/x` -> `acme.example`."""
    host = dialect.before(dialect.replaced_all(source, _SCHEME, ""), "/?#")
    host = dialect.replaced_all(host, f":[0-9]+{dialect.end}", "")
    host = dialect.replaced_all(host, f"[.]+{dialect.end}", "")
    host = dialect.replaced_all(host, _WWW, "")
    nothing = exp.Nullif(this=host, expression=exp.Literal.string(""))
    return exp.Coalesce(this=nothing, expressions=[source.copy()])


def url(dialect: Dialect, source: Tree) -> Tree:
    """A URL without scheme, `www.`, fragment and trailing `/`."""
    form = dialect.replaced_all(dialect.before(source, "#"), _SCHEME, "")
    form = dialect.replaced_all(form, _WWW, "")
    return dialect.replaced_all(form, f"/+{dialect.end}", "")


def path(dialect: Dialect, source: Tree) -> Tree:
    """The path alone of a page, without trailing `/`: `https://a.example/b/?c` -> `/b`."""
    form = dialect.before(source, "#?")
    form = dialect.replaced_all(form, f"^(//|{normal_forms.SCHEME})?[^/]*", "")
    return dialect.replaced_all(form, f"/+{dialect.end}", "")


def size_range(dialect: Dialect, source: Tree) -> Tree:
    """A range without spaces, any dash as `-` and any separator of thousands as a comma.

    The commas stay, because few databases can tell one that separates thousands; `spellings` has
    them too.
    """
    form = dialect.without_spaces(source)
    ours = "-" * len(normal_forms.DASHES) + "," * len(_OTHER_SEPARATORS)
    return dialect.translated(form, normal_forms.DASHES + _OTHER_SEPARATORS, ours)


def spellings(value: str) -> list[str]:
    """What `size_range` makes of every text that equals a range of a config."""
    form = normal_forms.size_range(value)
    if set(form) & set(normal_forms.SEPARATORS):
        raise RefusedError(
            f"{form!r} has a separator that separates no thousands, which SQL cannot tell from "
            "one that does",
            "write the range without it",
        )
    parts = _DIGITS.split(form)
    runs = [_grouped(it) for it in _DIGITS.findall(form)]
    return [
        "".join(map("".join, zip(parts, (*chosen, ""), strict=True))) for chosen in product(*runs)
    ]


def _grouped(digits: str) -> list[str]:
    """`1001000` -> itself, `1001,000`, `1,001,000`."""
    found = [digits]
    head, tail = digits, ""
    while len(head) > 3:
        head, tail = head[:-3], f",{head[-3:]}{tail}"
        found.append(head + tail)
    return found


RANGE = "^[0-9]+(,[0-9][0-9][0-9])*(-[0-9]+(,[0-9][0-9][0-9])*|[+])$"
"""What `size_range` makes of a range of numbers."""


def range_bounds(dialect: Dialect, form: Tree) -> tuple[Tree, Tree]:
    """Lowest and highest number of a range in `size_range` form that matches `RANGE`."""
    digits = dialect.replaced(form, ",", "")
    low = dialect.whole_number(dialect.replaced_all(digits, f"[-+][0-9]*{dialect.end}", ""))
    high = dialect.whole_number(dialect.replaced_all(digits.copy(), "^[0-9]+-", ""))
    is_open = dialect.matches(form.copy(), "[+]$")
    infinite = exp.cast(exp.Literal.string(dialect.infinity), "DOUBLE")
    return low, case((is_open, infinite), otherwise=high)


# Countries

_REPERTOIRE = (
    (0x01, 0x1F),
    (0x7F, 0x24F),
    (0x300, 0x36F),
    (0x1E00, 0x1EFF),
    (0x2000, 0x206F),
    (0x3000, 0x303F),
    (0xFF01, 0xFF5E),
)
"""From and to which characters beyond printable ASCII the name of a country may hold, besides
`ascii_spellings`; with any other character a text is no country's name."""


def country(dialect: Dialect, source: Tree, names: Iterable[str]) -> Tree:
    """A text without letter case and accents, as far as these names and codes have its letters."""
    letters, several, spaces, nothing = _plain_letters(set("".join(names)))
    plain = dialect.translated(source.copy(), "".join(letters), "".join(letters.values()))
    for character, becomes in several.items():
        plain = dialect.replaced(plain, character, becomes)
    plain = dialect.spaced(dialect.without_any(plain, nothing), spaces)
    is_wide = dialect.matches(source.copy(), "[^ -~]")
    return exp.Trim(this=dialect.lowered(case((is_wide, plain), otherwise=source)))


def country_name(dialect: Dialect, source: Tree) -> Tree:
    """What `country` gives, without punctuation, which does not count in names."""
    punctuation = "".join(
        character
        for character, becomes in _reduced().items()
        if becomes and becomes != "&" and not becomes.isspace() and not re.search(r"\w", becomes)
    )
    form = dialect.replaced(dialect.spaced(source, punctuation), "&", " and ")
    form = dialect.replaced_all(form, r"[ -/:-@\[-\^`{-~]+", " ")
    return dialect.replaced_all(exp.Trim(this=form), "^the ", "")


def _plain_letters(wanted: set[str]) -> tuple[dict[str, str], dict[str, str], str, str]:
    """Of `_reduced` what becomes one letter, several letters, a space, and nothing."""
    letters: dict[str, str] = {}
    several: dict[str, str] = {}
    spaces = nothing = ""
    for character, becomes in _reduced().items():
        if not becomes:
            nothing += character
        elif becomes.isspace():
            spaces += character
        elif set(becomes) <= wanted | {"&"}:
            (letters if len(becomes) == 1 else several)[character] = becomes
    return letters, several, spaces, nothing


@cache
def _reduced() -> dict[str, str]:
    """Each character of the repertoire, and what it is without letter case and accents."""
    characters = [chr(code) for low, high in _REPERTOIRE for code in range(low, high + 1)]
    return {it: normal_forms.unaccented(it) for it in (*characters, *ascii_spellings())}


def country_code(value: str) -> str | None:
    """The alpha-2 code of the country that a text names, if it names one."""
    code = normal_forms.country(value)
    return None if code.endswith("\0") else code


def spellings_of(code: str) -> tuple[list[str], list[str]]:
    """The names of a country as `country_name` gives them, and its codes as `country` does."""
    # In order, so that the same configs always make the same text.
    known = sorted(name for name, it in zip(*normal_forms.countries(), strict=True) if it == code)
    names = [it for it in known if len(it) > normal_forms.LONGEST_CODE]
    return names, [it for it in known if it not in names]
