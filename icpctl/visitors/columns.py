"""The SQL that makes a record's fields columns: one JSON text a field and record.

Every name in it is quoted, and it holds no value of a config: conditions are evaluated in
`scoring`. JSON-typed columns cost 8 % more than text and tell `"180"` from `180`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from icpctl.visitors import records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.visitors.mapping import Path

PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which paths of a record give which column.

    `paths` maps a column's name to the paths to try; the first that is present and not null wins.
    The column `pages` is a list of JSON texts, every other one JSON text.
    """

    paths: dict[str, tuple[Path, ...]]

    def query(self, path: str, compression: str, sample: Sequence[dict[str, Any]]) -> str | None:
        """The SQL over one file, whose path must have no characters of a glob or URL.

        Reading a key costs time even where no record has it, so only the paths that the first
        records, `sample`, have are read in full; the rest is only watched. The last two columns
        are true or null: `WITNESS`, where a key is there that most records have (it tells a
        record that has nothing else from a line that is no record), and `UNEXPECTED`, where the
        record has something that `sample` did not have, and must be read in Python.

        None where SQL cannot tell the keys apart, so that every record must be read in Python.
        """
        all_paths = [path for paths in self.paths.values() for path in paths]
        shortest_unseen = {path: _shortest_unseen(path, sample) for path in all_paths}
        watched = sorted({path for path in shortest_unseen.values() if path})
        witness = _witness(sample, {path[0].casefold() for path in all_paths})
        read = [path for path, unseen in shortest_unseen.items() if not unseen]
        root = _Node.of([*read, *watched, *witness])
        if root.unnameable():
            return None
        declared = [f"{_text(key)}: {_text(node.type())}" for key, node in root.children.items()]
        # A single column would be read as "the whole record is this value".
        declared.append(f"{_text(_UNUSED)}: 'JSON'")
        found = {
            name: _first_of(root, [path for path in paths if not shortest_unseen[path]])
            for name, paths in self.paths.items()
        }
        found |= {WITNESS: _first_of(root, witness), UNEXPECTED: _first_of(root, watched)}
        inner = ", ".join(f"{sql} as {_name(name)}" for name, sql in found.items())
        outer = ", ".join(_shown(name) for name in found)
        return (
            f"select {outer} from (select {inner} from read_json({_text(path)},"  # noqa: S608 - quoted
            f" format='newline_delimited', columns={{{', '.join(declared)}}}, ignore_errors=true,"
            f" compression={_text(compression)}, maximum_object_size={records.MAX_LINE_BYTES}))"
        )

    def values(self, record: dict[str, Any]) -> list[Any]:
        """The columns' values of one record that was parsed in Python."""
        return [self._value(record, name) for name in self.paths]

    def _value(self, record: dict[str, Any], name: str) -> Any:
        found = (records.resolve(record, path) for path in self.paths[name])
        value = next((value for value in found if value is not None), None)
        if value is None:
            return None
        if name != PAGES:
            return records.dumps(value)
        elements = value if isinstance(value, list) else [{} if isinstance(value, dict) else value]
        return [None if element is None else records.dumps(element) for element in elements]


WITNESS, UNEXPECTED = "a record is here", "read it in Python"


def _shortest_unseen(path: Path, sample: Sequence[dict[str, Any]]) -> Path | None:
    """The shortest beginning of a path at which no record of the sample has anything."""
    for length in range(1, len(path) + 1):
        if all(records.resolve(record, path[:length]) is None for record in sample):
            return path[:length]
    return None


def _witness(sample: Sequence[dict[str, Any]], taken: set[str]) -> list[Path]:
    """A short key that most records of the sample have, besides those that are read anyway."""
    seen: Counter[str] = Counter()
    for record in sample:
        for key, value in record.items():
            if isinstance(value, str) and key.isidentifier() and key.casefold() not in taken:
                seen[key] += 1_000 - min(len(value), 999)
    return [(key,) for key, _ in seen.most_common(1)]


def _first_of(root: _Node, paths: Iterable[Path]) -> str:
    found = [root.expression(path) for path in paths] or ["null::json"]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]


def _shown(name: str) -> str:
    if name == PAGES:
        return _as_list(name)
    if name in (WITNESS, UNEXPECTED):
        return f"nullif({_name(name)} is not null, false) as {_name(name)}"
    return f"{_name(name)}::varchar as {_name(name)}"


_UNUSED = "no record has this key"


@dataclass(slots=True)
class _Node:
    """A key of the record, the keys wanted below it, and whether it is wanted itself."""

    children: dict[str, _Node] = field(default_factory=dict)
    wanted: bool = False

    @classmethod
    def of(cls, paths: Iterable[Path]) -> _Node:
        root = cls()
        for path in paths:
            node = root
            for key in path:
                node = node.children.setdefault(key, cls())
            node.wanted = True
        return root

    def type(self) -> str:
        if self.wanted or not self.children:
            return "JSON"
        return f"STRUCT({', '.join(f'{_name(k)} {n.type()}' for k, n in self.children.items())})"

    def expression(self, path: Path) -> str:
        """The SQL for the value at a path below this node."""
        sql, node = _name(path[0]), self.children[path[0]]
        for depth, key in enumerate(path[1:], 1):
            if node.wanted:  # declared whole, so what lies inside is taken out of it
                inside = "".join(f'."{key}"' for key in path[depth:])
                return f"json_extract({sql}, {_text('$' + inside)})"
            sql, node = f"{sql}.{_name(key)}", node.children[key]
        return sql

    def unnameable(self) -> bool:
        """Keys that SQL names, which ignore letter case, or JSON paths cannot carry."""
        keys = list(self.children)
        alike = len({key.casefold() for key in keys}) < len(keys)
        odd = any(key in {"", "*"} or set('"\\\0') & set(key) for key in keys)
        return alike or odd or any(node.unnameable() for node in self.children.values())


def _as_list(name: str) -> str:
    """A list of JSON texts: a list's elements, or the one value; an object stands for a misfit."""
    value = _name(name)
    return (
        f"case when starts_with({value}::varchar, '[')"
        f" then from_json({value}, '[\"JSON\"]')::varchar[]"
        f" when starts_with({value}::varchar, '{{') then ['{{}}']"
        f" when {value} is not null then [{value}::varchar] end as {value}"
    )


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
