"""Texts to try for a part of a condition: values as they are spelt, and other spellings of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from icpctl.mappings import mapping
from icpctl.values import country_forms, number_forms, url_forms
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_LETTERS = "xzqjkvwyhf0~*^|"
_MOST = 3
_HOSTS = ("", "www.", "https://", "http://", "https://www.")
_TAILS = ("", "/", "#{0}", "/#{0}")
_WIDE = {32: 0x3000} | {code: code + 0xFEE0 for code in range(33, 127)}
"""Letters of ASCII to those of full width, which a country's name may have as well."""
_DASHES, _SPACES = "-\u2212\u2010\u2015", " \u2003\u2009\u3000"
_DOMAIN_TAILS = (*_TAILS, ".", ":80", "?{0}", "/{0}")


def separators(values: Sequence[str]) -> list[str]:
    """Some letters that are in none of the values, in no letter case."""
    used = set(chain.from_iterable(values)) | set(chain.from_iterable(map(str.casefold, values)))
    rare = map(chr, range(0x4E00, 0x9FFF))  # no case, no spaces; no config uses all
    free = (it for it in chain(_LETTERS, rare) if it not in used and it.upper() not in used)
    return [letter for letter, _ in zip(free, range(_MOST), strict=False)]


def least_texts(comparator: str, value: str, free: Sequence[str], field: str) -> Iterator[str]:
    """Texts that hold a text comparator, and little else."""
    if comparator == "exists":
        yield from free
        if field == mapping.PAGES:
            yield from (f"/{it}" for it in free)
        return
    yield value
    before, after = _JOINTS.get(comparator, _JOINTS["contains"])
    for letter in free:
        for head in before:
            yield from (head.format(letter) + value + tail.format(letter) for tail in after)


_JOINTS = {
    "contains": (("{0}", "/{0}", "{0}."), ("{0}", "/{0}")),
    "contains_word": ((".", "- ", "/"), (".", " -", "/")),
    "starts_with": (("",), ("{0}", " {0}", "/{0}", ".{0}")),
    "ends_with": (("{0}", "{0} ", "/{0}", "{0}?", "{0}."), ("",)),
}


def texts_of_form(form: Form, value: str, spelt: str, free: Sequence[str]) -> Iterator[str]:
    """Texts that equal a value in its normal form; `spelt` is as the config has it."""
    yield spelt
    yield value
    yield from _OTHERS.get(form, _no_others)(value, free)


def _no_others(value: str, free: Sequence[str]) -> Iterator[str]:
    del value, free
    yield from ()


def _domains(value: str, free: Sequence[str]) -> Iterator[str]:
    yield from _around(url_forms.domain(value), _DOMAIN_TAILS, free)


def _urls(value: str, free: Sequence[str]) -> Iterator[str]:
    yield from _around(url_forms.url(value), _TAILS, free)


def _around(form: str, tails: Sequence[str], free: Sequence[str]) -> Iterator[str]:
    for tail in tails:
        yield from (head + form + tail.format(free[0]) for head in _HOSTS)
    for letter in free:
        yield from (f"{letter}://{form}{tail.format(letter)}" for tail in tails)


def _pages(value: str, free: Sequence[str]) -> Iterator[str]:
    if value[:1] != "/":
        yield from _urls(value, free)
        return
    path = url_forms.path_value(value)
    for letter in free:
        for host in ("", letter, f"https://{letter}.example", f"{letter}://{letter}"):
            yield from (host + path + tail for tail in ("", "/", f"?{letter}", f"#{letter}"))


def _countries(value: str, free: Sequence[str]) -> Iterator[str]:
    del free
    code = country_forms.country(value)
    names, codes = country_forms.names_and_codes()
    known = [name for name, it in zip(names, codes, strict=True) if it == code]
    yield from known
    yield from (name.translate(_WIDE) for name in sorted(known, key=len))


def _ranges(value: str, free: Sequence[str]) -> Iterator[str]:
    del free
    form = number_forms.size_range(value)
    yield form
    yield form.replace("-", " - ")
    yield form.replace("-", "\u2013")
    for dash, space in zip(_DASHES, _SPACES, strict=True):
        yield space.join(form.replace("-", dash))


_OTHERS: dict[Form, Callable[[str, Sequence[str]], Iterator[str]]] = {
    Form.DOMAIN: _domains,
    Form.URL: _urls,
    Form.PAGE: _pages,
    Form.COUNTRY: _countries,
    Form.SIZE_RANGE: _ranges,
}
