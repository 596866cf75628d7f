"""Scalars of a config, given their type: text, number, boolean, and the value of a condition.

YAML hands over every scalar as the text that was typed, JSON hands over numbers and booleans;
both come through here. Problems are raised as pydantic errors whose type is the
finding's code and whose context has `message` and `hint`.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, TypeAlias

from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from icpctl.config.definitions import KEY, ListError, NamedList, NamedLists
from icpctl.config.file_names import is_slug
from icpctl.documents.document import MAX_FINDINGS
from icpctl.values.number_forms import number as spelt_number
from icpctl.values.text_forms import plain
from icpctl.vocabulary import Comparator, ConditionType, Form, Kind, Shape, comparators_for

if TYPE_CHECKING:
    from collections.abc import Callable

Scalar: TypeAlias = str | int | float | bool
Value: TypeAlias = Scalar | tuple[Scalar, ...] | None

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
FLAGS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def problem(code: str, message: str, hint: str | None = None) -> PydanticCustomError:
    """Return a pydantic error that carries a finding; its texts may hold anything."""
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def text(value: object) -> str:
    """Return text as it was typed; a JSON number or boolean is its JSON text."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            value.encode()
        except UnicodeEncodeError:
            raise problem("ICP103", "half a character (a lone surrogate) is not text") from None
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(number(value))
    raise problem("ICP103", f"expected text, not {described(value)}")


def number(value: object) -> int | float:
    """Return a finite number; text must be one as JSON writes it. Whole numbers stay `int`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    typed = value.strip() if isinstance(value, str) else ""
    if not NUMBER.fullmatch(typed):
        raise problem("ICP207", f"expected a number, not {described(value)}", _number_hint(typed))
    real = _finite(float(typed))
    return real if set(typed) & set(".eE") else int(typed)


def flag(value: object) -> bool:
    """Return a boolean: true/false, yes/no, on/off in any letter case, 1/0."""
    if isinstance(value, str):
        known = FLAGS.get(value.strip().casefold())
    else:
        known = bool(value) if isinstance(value, int) and value in (0, 1) else None
    if known is None:
        raise problem("ICP208", f"expected true or false, not {described(value)}")
    return known


def described(value: object) -> str:
    """Return a value as messages show it: scalars in JSON's spelling, cut short, others by name."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    shown = str(value)
    cut = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return repr(cut) if isinstance(value, str) else cut


def condition_value(
    value: object,
    entry: ConditionType | None,
    comparator: Comparator,
    lists: NamedLists | None = None,
) -> Value:
    """Return the value of a condition in the type and shape that its comparator takes.

    `entry` is None when the condition's type is not known: the shape is checked all the same.
    Raises a pydantic `ValidationError` with every problem, each at its place in the value.
    """
    if isinstance(value, dict) and KEY in value:
        return _named_list(value, entry, comparator, lists or NamedLists())
    if isinstance(value, NamedList) and comparator.takes_list:
        return value
    return _SHAPES[comparator.shape](value, entry, comparator)


def _named_list(
    value: dict[str, object],
    entry: ConditionType | None,
    comparator: Comparator,
    lists: NamedLists,
) -> Value:
    name, others = value[KEY], [key for key in value if key != KEY]
    if others:
        written = f"a named list is written {{list: NAME}}, without {described(others[0])}"
        raise problem("ICP206", written)
    if not comparator.takes_list or (entry is not None and not entry.is_words):
        what = comparator.shape if not comparator.takes_list else "numbers, not texts"
        raise problem("ICP206", f"{comparator.name} takes {what} here, not a named list")
    if not isinstance(name, str) or not is_slug(name):
        hint = "lower-case letters and digits, joined by hyphens, such as {list: competitors}"
        raise problem("ICP214", f"{described(name)} cannot name a list", hint)
    try:
        values = lists.get(name)
    except ListError as error:
        raise problem("ICP214", *error.args) from None
    for listed in values:
        _refuse_query(listed, entry, comparator)
    return values


def _scalar(value: object, entry: ConditionType | None, comparator: Comparator) -> Value:
    _refuse_absent(value, comparator)
    if isinstance(value, dict | list | tuple):
        hint = _list_hint(entry, comparator) if isinstance(value, list | tuple) else None
        raise problem("ICP206", f"{comparator.name} takes one value, not {described(value)}", hint)
    scalar = _element(value, entry)
    if isinstance(scalar, str) and is_blank(scalar):
        raise problem("ICP211", f"{comparator.name} takes a text that is not empty")
    _refuse_query(scalar, entry, comparator)
    return scalar


def _texts(value: object, entry: ConditionType | None, comparator: Comparator) -> Value:
    if isinstance(value, list | tuple):
        return _list(value, entry, comparator)
    return _scalar(value, entry, comparator)


def _list(value: object, entry: ConditionType | None, comparator: Comparator) -> Value:
    items = _items(value, comparator)
    if not items:
        raise problem("ICP212", f"{comparator.name} takes a list that is not empty")
    return _each(items, lambda item: _listed(item, entry, comparator))


def _bounds(value: object, entry: ConditionType | None, comparator: Comparator) -> Value:
    items = _items(value, comparator)
    if len(items) != 2:
        raise problem(
            "ICP206",
            f"{comparator.name} takes [min, max], not {len(items)} "
            f"value{'' if len(items) == 1 else 's'}",
        )
    low, high = bounds = _each(items, lambda item: _listed(item, entry, comparator))
    if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
        raise problem(
            "ICP210",
            f"min is greater than max: [{low}, {high}]",
            f"write [{high}, {low}]",
        )
    return bounds


def _flag(value: object, _: ConditionType | None, comparator: Comparator) -> Value:
    if isinstance(value, dict | list | tuple):
        raise problem("ICP206", f"{comparator.name} takes {comparator.shape}")
    return None if value is None else flag(value)


_SHAPES: dict[Shape, Callable[[object, ConditionType | None, Comparator], Value]] = {
    Shape.SCALAR: _scalar,
    Shape.TEXTS: _texts,
    Shape.LIST: _list,
    Shape.NUMBER: _scalar,
    Shape.BOUNDS: _bounds,
    Shape.FLAG: _flag,
}


def is_blank(text: str) -> bool:
    """Return whether a text is blank, or has invisible characters only."""
    return not plain(text, case_sensitive=True)


def _refuse_absent(value: object, comparator: Comparator) -> None:
    if value is None:
        raise problem(
            "ICP205",
            f"{comparator.name} needs a value: {comparator.shape}",
            f"such as {comparator.example}",
        )


def _items(value: object, comparator: Comparator) -> list[object] | tuple[object, ...]:
    _refuse_absent(value, comparator)
    if isinstance(value, list | tuple):
        return value
    hint = None
    if comparator.shape is Shape.LIST and isinstance(value, str | int | float):
        hint = f"write [{value}]" if len(str(value)) <= 60 else "write it as [...]"
    raise problem(
        "ICP206", f"{comparator.name} takes {comparator.shape}, not {described(value)}", hint
    )


def _each(
    items: list[object] | tuple[object, ...], read: Callable[[object], Scalar]
) -> tuple[Scalar, ...]:
    """Return all items read, or raise one `ValidationError` with the problem of each wrong item."""
    values: list[Scalar] = []
    errors: list[InitErrorDetails] = []
    for index, item in enumerate(items):
        try:
            values.append(read(item))
        except PydanticCustomError as error:
            errors.append(InitErrorDetails(type=error, loc=(index,), input=item))
            if len(errors) > MAX_FINDINGS:
                break
    if errors:
        raise ValidationError.from_exception_data("value", errors)
    return tuple(values)


def _listed(item: object, entry: ConditionType | None, comparator: Comparator) -> Scalar:
    if item is None:
        raise problem("ICP108", "this entry of the list is empty")
    if isinstance(item, dict | list | tuple):
        raise problem("ICP206", f"expected one value, not {described(item)}")
    element = _element(item, entry)
    if isinstance(element, str) and is_blank(element):
        raise problem("ICP211", "a listed text may not be empty")
    _refuse_query(element, entry, comparator)
    return element


def _refuse_query(value: Scalar, entry: ConditionType | None, comparator: Comparator) -> None:
    """Raise a problem for the path of a whole page that has a query or a fragment."""
    if entry is None or entry.form is not Form.PAGE or not comparator.positive.is_equality:
        return
    path = plain(str(value), case_sensitive=True)
    bare = re.split("[?#]", path, maxsplit=1)[0]
    if path.startswith("/") and bare != path:
        raise problem(
            "ICP215",
            f"{described(value)} is compared with the path of a page, which has no ? or #",
            f"write {bare}, or the whole address",
        )


def _element(value: object, entry: ConditionType | None) -> Scalar:
    if entry is None:
        return text(value)
    if entry.kind is Kind.BOOLEAN:
        return flag(value)
    if entry.kind is not Kind.NUMBER:
        return text(value)
    element = number(value)
    if entry.bounds and not entry.bounds[0] <= element <= entry.bounds[1]:
        low, high = entry.bounds
        raise problem("ICP213", f"{entry.name} is {low:g} to {high:g}, so {element} cannot be")
    return element


def _finite(value: float) -> int | float:
    try:
        if isfinite(value):
            return value
    except OverflowError:
        pass
    raise problem("ICP209", "the number is not finite or too large")


def _number_hint(typed: str) -> str | None:
    plain = re.sub(r"(?<=\d)[,_' ](?=\d{3}(?!\d))", "", typed).lstrip("+")
    plain = re.sub(r"^(-?)0+(?=\d)", r"\1", plain)
    plain = re.sub(r"^(-?)(?=\.\d)", r"\g<1>0", plain)
    if not NUMBER.fullmatch(plain) and (number := spelt_number(typed)) is not None:
        plain = f"{number:.15g}"
    return f"write {plain}" if plain != typed and NUMBER.fullmatch(plain) else None


def _list_hint(entry: ConditionType | None, comparator: Comparator) -> str | None:
    """Return which comparator means the same of several values, where there is one."""
    several = "not_in" if comparator.negates else "in"
    if not comparator.positive.is_equality:
        return None
    if entry is None or several not in comparators_for(entry.kind):
        return None
    return f"for several values write comparator: {several}"
