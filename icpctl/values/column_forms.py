"""The normal forms of `normal`, for many texts at once: as there, but with Arrow's kernels.

What the kernels cannot do goes through `normal` text by text; tests hold both to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values import normal_forms
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SCHEME = f"(?:{normal_forms.SCHEME})?"
_WWW = f"(?:{normal_forms.WWW})?"
_USUAL_STARTS = ("https://www.", "http://www.")


def domain(texts: pa.Array) -> pa.Array:
    """`normal.domain` of each text. Most are nothing but a domain."""
    is_other = pc.match_substring_regex(texts, r"[/?#:\n]|^[Ww]{3}[.]|[.]$")
    return _some(texts, is_other, normal_forms.domain)


def url(texts: pa.Array) -> pa.Array:
    """`normal.url` of each text."""
    if _any(pc.match_substring(texts, "#")):
        texts = _without(texts, "(?s)#.*")
    for start in _USUAL_STARTS:  # most often all begin alike, and need no pattern
        if pc.all(pc.starts_with(texts, start)).as_py():
            return pc.ascii_rtrim(pc.utf8_slice_codeunits(texts, len(start)), "/")
    return pc.ascii_rtrim(_without(texts, f"^{_SCHEME}{_WWW}"), "/")


def path(texts: pa.Array) -> pa.Array:
    """`normal.path` of each text."""
    texts = _without(texts, "(?s)[#?].*")
    return pc.ascii_rtrim(_without(texts, f"^(?://|{_SCHEME})[^/]*"), "/")


def size_range(texts: pa.Array) -> pa.Array:
    """`normal.size_range` of each text. Most are that form already."""
    is_other = pc.invert(pc.match_substring_regex(texts, r"^[0-9A-Za-z+-]*$"))
    return _some(texts, is_other, normal_forms.size_range)


def country(texts: pa.Array) -> pa.Array:
    """`normal.country` of each text."""
    plain = pc.ascii_lower(texts)
    letters = pc.replace_substring(plain, "&", " and ")
    letters = pc.replace_substring_regex(letters, "[^a-z0-9_]+", " ")
    letters = _without(pc.ascii_trim(letters, " "), "^the ")
    names, codes = normal_forms.countries()
    found = pc.index_in(letters, value_set=pa.array(names, pa.string()))
    is_short = pc.less_equal(pc.binary_length(letters), normal_forms.LONGEST_CODE)
    is_other = pc.and_(is_short, pc.not_equal(letters, pc.ascii_trim_whitespace(plain)))
    known = pc.if_else(is_other, None, pa.array(codes, pa.string()).take(found))
    named = pc.coalesce(known, pc.binary_join_element_wise(texts, "\0", ""))
    return _some(named, pc.invert(pc.string_is_ascii(texts)), normal_forms.country, texts)


def _without(texts: pa.Array, pattern: str) -> pa.Array:
    return pc.replace_substring_regex(texts, pattern, "", max_replacements=1)


def _some(
    found: pa.Array,
    which: pa.Array,
    form: Callable[[str], str],
    texts: pa.Array | None = None,
) -> pa.Array:
    """`found` with the form, text by text, of those that `which` tells."""
    if not _any(which):
        return found
    made = [form(text) for text in (found if texts is None else texts).filter(which).to_pylist()]
    return pc.replace_with_mask(found, which, pa.array(made, pa.string()))


def _any(flags: pa.Array) -> bool:
    return bool(np.any(flags.to_numpy(zero_copy_only=False)))


FORMS: dict[Form, Callable[[pa.Array], pa.Array]] = {
    Form.DOMAIN: domain,
    Form.URL: url,
    Form.PAGE: url,
    Form.COUNTRY: country,
    Form.SIZE_RANGE: size_range,
}
"""As `normal.FORMS`."""

_FEW = 256
"""So many texts are brought into a form one by one."""


def forms_of(form: Form, values: Sequence[str]) -> list[str]:
    """Each of some plain texts in a normal form; many at once take a fifth of the time."""
    one_by_one, at_once = normal_forms.FORMS.get(form), FORMS.get(form)
    if one_by_one is None or at_once is None:
        return list(values)
    if len(values) <= _FEW:
        return [one_by_one(value) for value in values]
    found: list[str] = at_once(pa.array(values, pa.string())).to_pylist()
    return found
