"""The normal form of each `Form`: how the equality comparators see a value (SPEC 4).

What is here is for one text; `column_forms` has the same for a column of texts. Texts come in the
form of `text_forms.plain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.values.forms.country_forms import LONGEST_CODE, country, unaccented
from icpctl.values.forms.country_forms import names_and_codes as countries
from icpctl.values.forms.date_forms import EPOCH, YEAR_1, YEAR_9999, instant, instant_text, micros
from icpctl.values.forms.number_forms import DECIMAL, NUMBER
from icpctl.values.forms.number_forms import json_number as number
from icpctl.values.forms.range_forms import DASHES, size_range
from icpctl.values.forms.range_forms import size_bounds as range_bounds
from icpctl.values.forms.text_forms import plain
from icpctl.values.forms.url_forms import SCHEME, WWW, domain, path, path_value, url
from icpctl.vocabulary import Form

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DASHES",
    "DECIMAL",
    "EPOCH",
    "FORMS",
    "LONGEST_CODE",
    "NUMBER",
    "SCHEME",
    "WWW",
    "YEAR_1",
    "YEAR_9999",
    "countries",
    "country",
    "domain",
    "instant",
    "instant_text",
    "micros",
    "number",
    "path",
    "path_value",
    "plain",
    "range_bounds",
    "size_range",
    "unaccented",
    "url",
]

FORMS: dict[Form, Callable[[str], str]] = {
    Form.DOMAIN: domain,
    Form.URL: url,
    Form.PAGE: url,
    Form.COUNTRY: country,
    Form.SIZE_RANGE: size_range,
}
"""The normal form of each `Form` that is not the plain text itself."""
