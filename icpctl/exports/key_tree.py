"""The keys wanted of a record: as the structure that DuckDB reads, and as the SQL of each path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from icpctl.mappings.conversions import COUNT
from icpctl.mappings.paths import Convert, Elements, Path, Unless, conversion, is_many
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCALAR = re.compile(r"true|false|-?[0-9][-+.0-9eE]*")


@dataclass(slots=True)
class Tree:
    """A value of the record: the keys wanted below it, the elements, and whether it is wanted."""

    children: dict[str, Tree] = field(default_factory=dict)
    elements: Tree | None = None
    wanted: bool = False

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Tree:
        """The tree of these paths."""
        root = cls()
        for path in paths:
            node = root
            for number, step in enumerate(path):
                if isinstance(step, str):
                    node = node._child(step)
                elif isinstance(step, Elements):
                    if number:
                        node.elements = node.elements or cls()
                        node = node.elements
                    for keys, _ in step.where:
                        tested = node
                        for key in keys:
                            tested = tested._child(key)
                        tested.wanted = True
            # Elements that are only counted need not be read.
            is_counted = conversion(path) == Convert(COUNT) and isinstance(path[-2], Elements)
            node.wanted = node.wanted or not is_counted
        return root

    def _child(self, key: str) -> Tree:
        return self.children.setdefault(key, Tree())

    @property
    def whole(self) -> bool:
        """Whether it is read as JSON, so that what lies inside must be taken out of that."""
        inner = bool(self.children) + bool(self.elements)
        return self.wanted or inner != 1

    def type(self) -> str:
        """DuckDB's type for it."""
        if self.whole:
            return "JSON"
        if self.elements:
            return f"{self.elements.type()}[]"
        return f"STRUCT({', '.join(f'{name(k)} {n.type()}' for k, n in self.children.items())})"

    def unnameable(self) -> bool:
        """Keys that SQL names, which ignore letter case, or JSON paths cannot carry."""
        keys = list(self.children)
        alike = len({key.casefold() for key in keys}) < len(keys)
        odd = any(key in {"", "*"} or set('"\\\0') & set(key) for key in keys)
        nodes = [*self.children.values(), *([self.elements] if self.elements else [])]
        return alike or odd or any(node.unnameable() for node in nodes)

    def expression(self, path: Path) -> str:
        """The SQL for what the record has at a path; only `count` is converted.

        It is JSON, or a list of JSON where `is_list(path)`.
        """
        how = conversion(path)
        steps = path[:-1] if how else path
        counted = how is not None and how.name == COUNT
        test = None
        if isinstance(steps[0], Elements):
            test = _all(_At(self, ""), steps[0])
            steps = steps[1:]
        sql = _sql(_At(self, ""), steps)
        if is_list(path):
            sql = f"nullif({sql}, []::json[])"
        elif counted and is_many(path):
            sql = f"to_json(len({sql}))"
        elif counted:
            is_a_list = f"starts_with({sql}::varchar, '[')"
            sql = f"case when {is_a_list} then to_json(json_array_length({sql})) else {sql} end"
        return f"case when {test} then {sql} end" if test else sql


def is_list(path: Path) -> bool:
    """Whether the SQL of a path is a list of JSON."""
    return is_many(path) and conversion(path) != Convert(COUNT)


@dataclass(frozen=True, slots=True)
class _At:
    """The SQL of a value and where it stands in the tree; `node` None means somewhere in JSON."""

    node: Tree | None
    sql: str

    def key(self, key: str) -> _At:
        if not self.sql:  # the record itself, whose keys are columns
            return _At(self.node.children[key] if self.node else None, name(key))
        if self.node is None or self.node.whole:
            inside = text(f'$."{key}"')
            return _At(None, f"nullif(json_extract({self.sql}, {inside}), 'null'::json)")
        return _At(self.node.children[key], f"struct_extract({self.sql}, {text(key)})")

    def keys(self, keys: Iterable[str]) -> _At:
        at = self
        for key in keys:
            at = at.key(key)
        return at

    def list(self) -> str:
        if self.node is None or self.node.whole:
            return f"""from_json({self.sql}, '["JSON"]')"""
        return self.sql

    def element(self, sql: str) -> _At:
        return _At(None if self.node is None or self.node.whole else self.node.elements, sql)


def _sql(at: _At, steps: Path, depth: int = 0) -> str:
    """The SQL for the value that the steps lead to from `at`."""
    for number, step in enumerate(steps):
        if isinstance(step, str):
            at = at.key(step)
        elif isinstance(step, Elements):
            variable = f"x{depth}"
            kept = at.list()
            if step.where:
                kept = f"list_filter({kept}, lambda {variable}: {_all(at.element(variable), step)})"
            if step.pick is None:
                rest = steps[number + 1 :]
                if rest:
                    inner = _sql(at.element(variable), rest, depth + 1)
                    kept = f"list_transform({kept}, lambda {variable}: {inner})"
                    if any(isinstance(it, Elements) and it.pick is None for it in rest):
                        return f"flatten({kept})"
                return f"list_filter({kept}, lambda {variable}: {variable} is not null)"
            position = step.pick if step.pick < 0 else step.pick + 1
            at = at.element(f"list_extract({kept}, {position})")
        elif isinstance(step, Unless):
            for form in json_forms(step.texts):
                at = _At(None, f"nullif({at.sql}, {text(form)}::json)")
    return at.sql


def _all(at: _At, step: Elements) -> str:
    """The SQL of the tests of a step: the text of a scalar is this one."""
    found = []
    for keys, value in step.where:
        forms = ", ".join(map(text, json_forms([value])))
        tested = f"{at.keys(keys).sql}::varchar"
        found.append(f"coalesce({tested} in ({forms}), false)")
    return " and ".join(found)


def json_forms(values: Iterable[str]) -> list[str]:
    """The JSON texts of the scalars that have these texts."""
    forms = [(json_records.dumps(it), *([it] if _SCALAR.fullmatch(it) else [])) for it in values]
    return [form for both in forms for form in both]


def name(identifier: str) -> str:
    """A name in SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text in SQL."""
    return "'" + value.replace("'", "''") + "'"
