"""Columns of texts as files have them: in CSV harmless to spreadsheets, in JSON lines quoted."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from icpctl.exports.columns.json_texts import quoted

_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?$"


def harmless(texts: pa.Array) -> pa.Array:
    """Return texts in which `'` precedes each that a spreadsheet would run as a formula.

    These begin with `=`, `+`, `-`, `@`, a tab or a return, and are not numbers. Columns that are
    not text are returned as they are.
    """
    if not pa.types.is_string(texts.type):
        return texts
    starts = pc.fill_null(pc.match_substring_regex(texts, _FORMULA), False)
    if not pc.any(starts).as_py():
        return texts
    is_formula = pc.and_not(starts, pc.match_substring_regex(texts, _NUMBER))
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", texts, ""), texts)


def json_strings(texts: pa.Array) -> pa.Array:
    """Return texts as JSON strings, `null` for nulls."""
    return pc.fill_null(quoted(texts), "null")
