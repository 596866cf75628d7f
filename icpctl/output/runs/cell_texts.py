"""Columns of texts as files have them: in CSV harmless to spreadsheets, in JSON lines quoted."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values.typed_columns import scalar_texts

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


def json_texts_of(texts: pa.Array) -> pa.Array:
    """The JSON texts of texts, each distinct one made once."""
    encoded = texts.dictionary_encode()
    tokens = [json.dumps(text, ensure_ascii=False) for text in encoded.dictionary.to_pylist()]
    return pc.fill_null(pa.array(tokens, pa.string()).take(encoded.indices), "null")


def quoted(tokens: pa.Array) -> pa.Array:
    """JSON texts of ids as JSON strings, null for what is not an id."""
    simple = pc.and_(pc.starts_with(tokens, '"'), pc.invert(pc.match_substring(tokens, "\\")))
    if pc.all(pc.fill_null(simple, True)).as_py() and not pc.any(pc.equal(tokens, '""')).as_py():
        known = pc.fill_null(tokens, "null")
        blank = pc.match_substring_regex(known, r'^"\s*"$')
        if not pc.any(blank).as_py():
            return known
    texts = [
        None if text is None else json.dumps(text, ensure_ascii=False)
        for text in scalar_texts(tokens).to_pylist()
    ]
    return pc.fill_null(pa.array(texts, pa.string()), "null")
