"""The JSON text of each value: of typed Arrow arrays, as Parquet files hold them, and of texts.

Scalars of few distinct values stay dictionaries, so that each distinct value is written once.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from icpctl.values import json_records
from icpctl.values.column import first_bytes
from icpctl.values.text_search import bytes_of

if TYPE_CHECKING:
    from collections.abc import Callable

_TO_ESCAPE = r'["\\\x00-\x1f]'
_SPACE, _QUOTE, _BACKSLASH = 32, 34, 92
_SAMPLE = 1_000  # values, from which is judged whether values repeat
_DAY, _SECOND = 86_400, 1_000_000  # seconds, microseconds
_TEXT_FORMULA = re.compile(r'="((?:[^"]|"")*)"', re.DOTALL)
_MAY_OPEN = np.frombuffer(b"[{= \\", np.uint8)
"""What a text begins with that may hold a JSON value, or a formula, as its token has it."""

_TO_REWRITE = np.frombuffer(b"[{-", np.uint8)
_NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def json_texts(array: pa.Array) -> pa.Array:
    """The JSON text of each value, null for null: a string array or a dictionary of strings.

    Time stamps are ISO 8601 in UTC, without a zone they count as UTC. Bytes are text where they
    are UTF-8, else base64.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        indices = array.indices.cast(pa.int32())
        return pa.DictionaryArray.from_arrays(indices, plain(json_texts(array.dictionary)))
    if isinstance(kind, pa.BaseExtensionType):
        return _extension_texts(array)
    if pa.types.is_null(kind):
        return pa.nulls(len(array), pa.string())
    if pa.types.is_run_end_encoded(kind):
        return json_texts(pc.run_end_decode(array))
    if is_text(kind):
        return by_distinct(array.cast(pa.string()), quoted)
    if pa.types.is_boolean(kind):
        return pc.if_else(array, "true", "false")
    if pa.types.is_integer(kind):
        return by_distinct(array, lambda distinct: distinct.cast(pa.string()))
    if pa.types.is_floating(kind):
        return by_distinct(array, _float_texts)
    if pa.types.is_decimal(kind):
        return by_distinct(array, _decimal_texts)
    if pa.types.is_date(kind):
        return _joined('"', array.cast(pa.date32()).cast(pa.string()), '"')
    if pa.types.is_timestamp(kind):
        return _timestamp_texts(array)
    if pa.types.is_time(kind):
        return _joined('"', array.cast(pa.string()), '"')
    if pa.types.is_map(kind):
        return _map_texts(array)
    if is_list(kind):
        return joined(list_texts(array))
    if pa.types.is_struct(kind):
        return _struct_texts(array)
    return pa.array(map(_any_text, array.to_pylist()), pa.string())


def plain(texts: pa.Array) -> pa.Array:
    """A string array, also where `texts` is a dictionary."""
    return texts.cast(pa.string()) if pa.types.is_dictionary(texts.type) else texts


def quoted(texts: pa.Array) -> pa.Array:
    """Each text as a JSON string."""
    _, data = bytes_of(texts)
    if (data < _SPACE).any() or (data == _QUOTE).any() or (data == _BACKSLASH).any():
        odd = pc.fill_null(pc.match_substring_regex(texts, _TO_ESCAPE), False)
        written = map(json_records.dumps, texts.filter(odd).to_pylist())
        escaped = [text[1:-1] for text in written]
        texts = pc.replace_with_mask(texts, odd, pa.array(escaped, pa.string()))
    return _joined('"', texts, '"')


def by_distinct(array: pa.Array, write: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """What `write` makes of the values: a dictionary where they seem to repeat."""
    sample = array.slice(0, _SAMPLE)
    if len(sample) and pc.count_distinct(sample).as_py() * 2 > len(sample):
        return write(array)
    encoded = array.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, write(encoded.dictionary))


def is_list(kind: pa.DataType) -> bool:
    """Whether this is a type of lists, of any layout."""
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def list_texts(array: pa.Array) -> pa.Array:
    """Lists -> lists of their elements' JSON texts; a null element stays null."""
    return _lists(array, json_texts(pc.list_flatten(array)))


def joined(lists: pa.Array) -> pa.Array:
    """Lists of JSON texts -> the JSON text of each list."""
    elements = pc.fill_null(plain(pc.list_flatten(lists)), "null")
    return _joined("[", pc.binary_join(_lists(lists, elements), ","), "]")


def _lists(array: pa.Array, elements: pa.Array) -> pa.Array:
    """`elements`, one for each element of `array`, in lists of the same lengths."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    mask = pc.is_null(array) if array.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets), elements, mask=mask)


def _float_texts(array: pa.Array) -> pa.Array:
    """As JSON has them: a whole number keeps its `.0`."""
    texts = array.cast(pa.string())
    whole = pc.match_substring_regex(texts, "^-?[0-9]+$")
    texts = pc.if_else(whole, pc.binary_join_element_wise(texts, ".0", ""), texts)
    odd = pc.is_in(texts, pa.array(list(_NOT_FINITE)))
    if pc.any(odd).as_py():
        named = [_NOT_FINITE[text] for text in texts.filter(odd).to_pylist()]
        texts = pc.replace_with_mask(texts, odd, pa.array(named))
    return texts


def _decimal_texts(array: pa.Array) -> pa.Array:
    """Every digit, without the zeros that only the column's scale adds."""
    texts = array.cast(pa.string())
    texts = pc.replace_substring_regex(texts, r"([.][0-9]*[1-9])0+(E|$)", r"\1\2")
    texts = pc.replace_substring_regex(texts, r"[.]0+(E|$)", r"\1")
    return pc.replace_substring_regex(texts, r"^-?0E.*", "0")


def _timestamp_texts(array: pa.Array) -> pa.Array:
    """Put together from the texts of days and of seconds of a day: ten times faster than a cast."""
    unit = {"s": _SECOND, "ms": 1_000, "us": 1, "ns": 0}[array.type.unit]
    counts = pc.fill_null(array.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    seconds, micros = (
        np.divmod(counts, _SECOND // unit) if unit else np.divmod(counts, 1_000_000_000)
    )
    micros = micros * unit if unit else micros // 1_000
    days, of_day = np.divmod(seconds, _DAY)
    distinct, codes = _numbered(days)
    dates = pa.array(distinct.astype(np.int32)).cast(pa.date32()).cast(pa.string())
    texts = pc.binary_join_element_wise(
        _scalar('"'), dates.take(pa.array(codes)), _clock().take(pa.array(of_day)), _scalar("")
    )
    if micros.any():
        fractions = pc.utf8_lpad(pa.array(micros).cast(pa.string()), 6, padding="0")
        fractions = pc.binary_join_element_wise(".", fractions, "")
        fractions = pc.if_else(pa.array(micros != 0), fractions, "")
        texts = pc.binary_join_element_wise(texts, fractions, "")
    return pc.if_else(pc.is_valid(array), _joined("", texts, 'Z"'), None)


def _numbered(days: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distinct days, and for each day its number among them; without a sort where that is easy."""
    first, last = (int(days.min()), int(days.max())) if len(days) else (0, 0)
    if last - first < len(days) + _SAMPLE:
        return np.arange(first, last + 1), days - first
    distinct, codes = np.unique(days, return_inverse=True)
    return distinct, codes


@cache
def _clock() -> pa.Array:
    """The text of each second of a day."""
    seconds = pa.array(np.arange(_DAY, dtype=np.int32)).cast(pa.time32("s"))
    return _joined("T", seconds.cast(pa.string()), "")


def _map_texts(array: pa.Array) -> pa.Array:
    kind = array.type
    entry = pa.struct([("key", kind.key_type), ("value", kind.item_type)])
    array = array.cast(pa.list_(entry))
    keys, items = pc.list_flatten(array).flatten()
    names = quoted(_key_texts(keys))
    pairs = pc.binary_join_element_wise(names, pc.fill_null(plain(json_texts(items)), "null"), ":")
    return _joined("{", pc.binary_join(_lists(array, pairs), ","), "}")


def _key_texts(keys: pa.Array) -> pa.Array:
    values = map(json_records.loads, plain(json_texts(keys)).to_pylist())
    return pa.array(map(json_records.scalar_text, values), pa.string())


def _struct_texts(array: pa.Array) -> pa.Array:
    parts: list[Any] = []
    for number, (field, child) in enumerate(zip(array.type, array.flatten(), strict=True)):
        name = json.dumps(field.name, ensure_ascii=False)
        parts += [f"{',' if number else ''}{name}:", pc.fill_null(plain(json_texts(child)), "null")]
    if not parts:
        return pc.if_else(pc.is_valid(array), "{}", None)
    texts = pc.binary_join_element_wise("{", *parts, "}", "")
    return pc.if_else(pc.is_valid(array), texts, None) if array.null_count else texts


def _extension_texts(array: pa.Array) -> pa.Array:
    if array.type.extension_name == "arrow.json":
        texts = array.storage.cast(pa.string()).dictionary_encode()
        checked = [_json_or_text(text) for text in texts.dictionary.to_pylist()]
        return pa.DictionaryArray.from_arrays(texts.indices, pa.array(checked, pa.string()))
    if array.type.extension_name == "arrow.uuid":
        return pa.array(map(_any_text, array.to_pylist()), pa.string())
    return json_texts(array.storage)


def _json_or_text(text: str) -> str:
    try:
        return json_records.dumps(json_records.loads(text))
    except json.JSONDecodeError:
        return json.dumps(text, ensure_ascii=False)


def _any_text(value: object) -> str | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeDecodeError:
            text = b64encode(value).decode()
    return json.dumps(text, ensure_ascii=False)


def is_text(kind: pa.DataType) -> bool:
    """Whether this is a type of texts, of any layout."""
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _joined(head: str, texts: pa.Array, tail: str) -> pa.Array:
    return pc.binary_join_element_wise(_scalar(head), texts, _scalar(tail), _scalar(""))


@cache
def _scalar(text: str) -> pa.Scalar:
    """A text for Arrow's functions, which take thirty times longer to make it each time."""
    return pa.scalar(text)


def standard_tokens(distinct: pa.Array) -> pa.Array:
    """Return tokens as `json_records` writes them.

    Lists and objects have no white space, `-0` is `0`, and half a surrogate pair is U+FFFD.
    """
    if not len(distinct):
        return distinct
    odd = np.isin(first_bytes(distinct), _TO_REWRITE)
    if (bytes_of(distinct)[1] == _BACKSLASH).any():
        odd |= pc.match_substring(distinct, "\\u").to_numpy(zero_copy_only=False)
    if not odd.any():
        return distinct
    mask = pa.array(odd)
    odd = distinct.filter(mask).to_pylist()
    made = [json_records.dumps(json_records.loads(text)) for text in odd]
    return pc.replace_with_mask(distinct, mask, pa.array(made, pa.string()))


def opened(tokens: pa.Array) -> pa.Array:
    """Return the tokens of texts as `opened_token` does."""
    offsets, data = bytes_of(tokens)
    starts = offsets[:-1]
    second = np.minimum(starts + 1, offsets[1:] - 1)
    may_be = (data[starts] == _QUOTE) & np.isin(data[second], _MAY_OPEN)
    if not may_be.any():
        return tokens
    mask = pa.array(may_be)
    made = [opened_token(token) for token in tokens.filter(mask).to_pylist()]
    return pc.replace_with_mask(tokens, mask, pa.array(made, pa.string()))


def opened_token(token: str) -> str:
    """Return what is in the token of a text: a JSON list, object or text, else the token.

    Warehouses write `"SaaS"`, with its quotes, for a text in a column of JSON; spreadsheets and
    their exports `="0123"` for a text that is not to become a number.
    """
    text = json_records.loads(token)
    if formula := _TEXT_FORMULA.fullmatch(text):
        return json_records.dumps(formula[1].replace('""', '"'))
    try:
        value = json_records.loads(text)
    except ValueError:
        return token
    is_text = text.strip()[:1] == '"'
    return json_records.dumps(value) if isinstance(value, list | dict) or is_text else token
