"""Columns of texts as JSON texts."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values.typed_columns import scalar_texts


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
