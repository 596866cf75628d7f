"""The forms of `normal_forms`, for a column of texts: as there, but with Arrow's kernels.

What the kernels cannot do goes text by text; tests hold both to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.values import normal_forms
from icpctl.values.forms.country_forms import country_column
from icpctl.values.forms.range_forms import size_range_column
from icpctl.values.forms.url_forms import path_column as path
from icpctl.values.forms.url_forms import url_column
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

__all__ = ["FORMS", "path"]

FORMS: dict[Form, Callable[[pa.Array], pa.Array]] = {
    Form.URL: url_column,
    Form.PAGE: url_column,
    Form.COUNTRY: country_column,
    Form.SIZE_RANGE: size_range_column,
}
"""As `normal_forms.FORMS`, but for domains, which a column holds as hosts already."""

_FEW = 256
"""This many texts are brought into a form one by one."""


def forms_of(form: Form, values: Sequence[str]) -> list[str]:
    """Each of some plain texts in a normal form; many at once take a fifth of the time."""
    import pyarrow as pa

    one_by_one, at_once = normal_forms.FORMS.get(form), FORMS.get(form)
    if one_by_one is None:
        return list(values)
    if at_once is None or len(values) <= _FEW:
        return [one_by_one(value) for value in values]
    formed: list[str] = at_once(pa.array(values, pa.string())).to_pylist()
    return formed
