"""The forms of `normal_forms`, for a column of texts: as there, but with Arrow's kernels.

What the kernels cannot do goes text by text; tests hold both to the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.values.forms.country_forms import country_column
from icpctl.values.forms.range_forms import size_range_column
from icpctl.values.forms.url_forms import path_column as path
from icpctl.values.forms.url_forms import url_column
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

__all__ = ["FORMS", "path"]

FORMS: dict[Form, Callable[[pa.Array], pa.Array]] = {
    Form.URL: url_column,
    Form.PAGE: url_column,
    Form.COUNTRY: country_column,
    Form.SIZE_RANGE: size_range_column,
}
"""As `normal_forms.FORMS`, but for domains, which a column holds as hosts already."""
