"""Every pattern, normal form and number parser is linear: each reads its worst input of 1 MiB."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.long import long

SIZE = 1 << 20
WORST = {
    "visible": [
        "'\\u0301' * n",
        "'e' + '\\u0301\\u0323' * (n // 2)",
        "('a' + '\\u0301' * 99) * (n // 100)",
        "' ' * n",
        "'\\u200b ' * (n // 2)",
        "'\\u00e9' * n",
    ],
    "number": ["'1' * n", "'1,' * (n // 2)", "'1,000' * (n // 5)", "'0' * n", "' ' * n + 'x'"],
    "count": ["'1.000' + '.000' * (n // 4)", "'$' * n", "'-' * n", "'1 ' * (n // 2)"],
    "size_bounds": ["'1-' * (n // 2)", "'over ' * (n // 5)", "'1 to ' * (n // 5)", "'1' + '+' * n"],
    "number_bounds": ["'$1-' * (n // 3)", "'< ' * (n // 2)"],
    "size_range": ["'-' * n", "'1,001-5,000' * (n // 11)"],
    "instant": ["':' * n", "'2026-11-20T10:' + ':' * n", "'1' * n", "'Nov ' * (n // 4)", "'W' * n"],
    "epoch": ["'0e' + '9' * 20", "'1e' + '9' * n", "'1' + '0' * n", "'0.' + '0' * n + '1'"],
    "has_two_readings": ["'1/' * (n // 2)"],
    "country": ["'\\u0301' * n", "'a.' * (n // 2)", "'the ' * (n // 4)", "'&' * n"],
    "domain": [
        "'www.' * (n // 4)",
        "':1' * (n // 2)",
        "'.' * n",
        "'a' * n + '://'",
        "'a+' * (n // 2)",
    ],
    "url": ["'/' * n", "'#' * n", "'a' * n", "'://' * (n // 3)"],
    "path": ["'/' * n", "'?' * n", "'a' * n"],
    "query_parameter": ["'?' + '&' * n", "'?' + '%' * n", "'?utm_source=' + '%41' * (n // 3)"],
    "pages_in": ["';' * n", "'; ' * (n // 2)", "';a' * (n // 2)", "';a.' + 'a.' * (n // 2)"],
    "boolean": ["' ' * n + 'true'", "'y' * n"],
    "parse": [
        "'{\"a\":0e99999999999999999999}'",
        "'{\"a\":' + '1' * n + '}'",
        "'{\"a\":0.' + '1' * n + '}'",
        "'{\"a\":1e-' + '9' * n + '}'",
        "'{\"a\":-' + '0' * n + '}'",
        "'[' * n",
        "'{\"a\":\"' + '\\\\\\\\' * (n // 2) + '\"}'",
        "'\"\\\\' * (n // 2)",
    ],
}
"""By the form's name, Python expressions of its worst inputs, where `n` is the size."""

PROGRAM = """
import pyarrow as pa
from icpctl.values import json_records
from icpctl.values import url_forms
from icpctl.values import text_forms
from icpctl.values import number_forms
from icpctl.values import date_forms
from icpctl.values import country_forms

def parse(text):
    try:
        json_records.parse_record(text.encode())
    except json_records.NotARecordError:
        pass

def columns(text):
    texts = pa.array([text[: 1 << 20], 'x'], pa.string())
    texts = text_forms.folded_column(text_forms.visible_column(texts))
    text_forms.missing_column(texts)
    for form in (url_forms.url_column, url_forms.path_column, url_forms.domain_column,
                 country_forms.country_column, number_forms.size_range_column):
        form(texts)

forms = dict(parse=parse)
forms['query_parameter'] = lambda text: url_forms.query_parameter(text, 'utm_source')
for module in (country_forms, date_forms, number_forms, text_forms, url_forms):
    forms |= {name: form for name, form in vars(module).items() if name not in forms}
"""


@long
@pytest.mark.parametrize("name", WORST)
def test_the_worst_input(name: str) -> None:
    """Where a form took time quadratic in its input, this would take hours."""
    run = "\n".join(f"forms[{name!r}]({text}); columns({text})" for text in WORST[name])
    program = f"{PROGRAM}\nn = {SIZE}\n{run}"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=300)
