"""The SQL that makes a record's fields columns: one JSON text a field and record.

Every name in it is quoted, and it holds no value of a config: conditions are evaluated in
`scoring`. JSON-typed columns cost 8 % more than text and tell `"180"` from `180`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from icpctl.exports.key_tree import Tree, is_list, text
from icpctl.exports.key_tree import name as quoted
from icpctl.mappings import conversions
from icpctl.mappings.paths import Constant, Together, conversion, is_many, keys_needed, resolve
from icpctl.values import json_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa

    from icpctl.mappings.paths import Keys, Path

PAGES = "pages"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which paths of a record give which column.

    `paths` maps a column's name to the paths to try; the first that is present and not null wins.
    A column holds JSON texts; `pages` may also hold lists of them.
    """

    paths: dict[str, tuple[Path, ...]]

    def query(self, path: str, compression: str, sample: Sequence[dict[str, Any]]) -> str | None:
        """The SQL over one file, whose path must have no characters of a glob or URL.

        Its rows become the columns of `paths` through `finished`.

        Reading a key costs time even where no record has it, so only the paths that the first
        records, `sample`, have are read in full; the rest is only watched. The last two columns
        are true or null: `WITNESS`, where a key is there that most records have (it tells a
        record that has nothing else from a line that is no record), and `UNEXPECTED`, where the
        record has something that `sample` did not have, and must be read in Python.

        None where SQL cannot tell the keys apart, so that every record must be read in Python.
        """
        all_paths = [path for paths in self.paths.values() for path in paths]
        if any(isinstance(path[0], Together) for path in all_paths):
            return None
        shortest_unseen = {path: _shortest_unseen(path, sample) for path in all_paths}
        watched = sorted({path for path in shortest_unseen.values() if path})
        witness = _witness(
            sample, {keys[0].casefold() for p in all_paths for keys in keys_needed(p)}
        )
        read = [
            path for path, unseen in shortest_unseen.items() if not unseen and keys_needed(path)
        ]
        root = Tree.of([*read, *watched, *witness])
        if root.unnameable():
            return None
        declared = [f"{text(key)}: {text(node.type())}" for key, node in root.children.items()]
        # A single column would be read as "the whole record is this value".
        declared.append(f"{text(_UNUSED)}: 'JSON'")
        found = {
            name: [path for path in paths if not shortest_unseen[path] and keys_needed(path)]
            for name, paths in self._read_as()
        }
        found |= {WITNESS: witness, UNEXPECTED: list(watched)}
        inner = ", ".join(
            f"{_first_of(root, it, as_list=_is_list(name, it))} as {quoted(name)}"
            for name, it in found.items()
        )
        are_plain = all(
            _is_plain_list(resolve(it, path)) for it in sample for path in found.get(PAGES, ())
        )
        outer = ", ".join(_shown(name, it, are_plain=are_plain) for name, it in found.items())
        return (
            f"select {outer} from (select {inner} from read_json({text(path)},"  # noqa: S608 - quoted
            f" format='newline_delimited', columns={{{', '.join(declared)}}}, ignore_errors=true,"
            f" compression={text(compression)}, maximum_object_size={json_records.MAX_LINE_BYTES}))"
        )

    def finished(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The columns of `paths` from the rows of `query`: what is to be converted is converted."""
        import pyarrow as pa

        arrays = [
            rows.column(name) if name in rows.schema.names else self._converted(rows, name)
            for name in self.paths
        ]
        return pa.RecordBatch.from_arrays(arrays, names=list(self.paths))

    def values(self, record: dict[str, Any]) -> list[Any]:
        """The columns' values of one record that was parsed in Python; pages are a list."""
        return [self._value(record, name) for name in self.paths]

    def _read_as(self) -> Iterable[tuple[str, tuple[Path, ...]]]:
        """The columns of `query`: where a path has a conversion, each path its own."""
        for name, paths in self.paths.items():
            if _is_converted(paths):
                yield from ((_part(name, number), (it,)) for number, it in enumerate(paths))
            else:
                yield name, paths

    def _converted(self, rows: pa.RecordBatch, name: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = []
        for number, path in enumerate(self.paths[name]):
            if isinstance(path[0], Constant):
                text = json_records.dumps(path[0].text)
                found.append(pa.repeat(pa.scalar(text, pa.string()), rows.num_rows))
                continue
            tokens, how = rows.column(_part(name, number)), conversion(path)
            if how and how.name != conversions.COUNT:
                tokens = conversions.convert_tokens(tokens, how)
            found.append(tokens)
        tokens = pc.coalesce(*found)
        if name != PAGES:
            return tokens
        encoded = tokens.dictionary_encode()
        lists = [_elements(json_records.loads(token)) for token in encoded.dictionary.to_pylist()]
        return pa.array(lists, pa.list_(pa.string())).take(encoded.indices)

    def _value(self, record: dict[str, Any], name: str) -> Any:
        value = first_value(record, self.paths[name])
        if value is None:
            return None
        return _elements(value) if name == PAGES else json_records.dumps(value)


def first_value(record: dict[str, Any], paths: Iterable[Path]) -> Any:
    """The first value at one of the paths that is present and not null, converted."""
    for path in paths:
        how = conversion(path)
        value = resolve(record, path)
        if value == [] and is_many(path) and not (how and how.name == conversions.COUNT):
            continue
        value = conversions.convert(value, how)
        if value is not None:
            return value
    return None


WITNESS, UNEXPECTED = "a record is here", "read it in Python"


def _is_converted(paths: Iterable[Path]) -> bool:
    return any(isinstance(path[0], Constant) or conversion(path) for path in paths)


def _part(name: str, number: int) -> str:
    return f"{name} {number}"


def _elements(value: Any) -> list[str | None]:
    """A list of JSON texts; an object stands for a misfit."""
    elements = value if isinstance(value, list) else [{} if isinstance(value, dict) else value]
    return [None if element is None else json_records.dumps(element) for element in elements]


def _shortest_unseen(path: Path, sample: Sequence[dict[str, Any]]) -> Keys | None:
    """The shortest beginning of a path's keys at which no record of the sample has anything."""
    for keys in keys_needed(path):
        for length in range(1, len(keys) + 1):
            if all(json_records.resolve(record, keys[:length]) is None for record in sample):
                return keys[:length]
    return None


def _witness(sample: Sequence[dict[str, Any]], taken: set[str]) -> list[Path]:
    """A short key that most records of the sample have, besides those that are read anyway."""
    seen: Counter[str] = Counter()
    for record in sample:
        for key, value in record.items():
            if isinstance(value, str) and key.isidentifier() and key.casefold() not in taken:
                seen[key] += 1_000 - min(len(value), 999)
    return [(key,) for key, _ in seen.most_common(1)]


def _first_of(root: Tree, paths: Sequence[Path], *, as_list: bool) -> str:
    found = [
        root.expression(path)
        if as_list or not is_list(path)
        else f"to_json({root.expression(path)})"
        for path in paths
    ]
    return f"coalesce({', '.join(found)})" if len(found) > 1 else (found or ["null::json"])[0]


def _is_plain_list(pages: Any) -> bool:
    """Whether it is a list of strings without escapes, which is taken apart faster later on."""
    if pages is None:
        return True
    return isinstance(pages, list) and all(
        isinstance(page, str) and json_records.dumps(page) == f'"{page}"' for page in pages
    )


def _is_list(name: str, paths: Sequence[Path]) -> bool:
    """Whether the column is a list as it is read."""
    return name == PAGES and bool(paths) and all(map(is_list, paths))


def _shown(name: str, paths: Sequence[Path], *, are_plain: bool) -> str:
    if _is_list(name, paths):
        return f"{quoted(name)}::varchar[] as {quoted(name)}"
    if name == PAGES and not are_plain:
        return _as_list(name)
    if name in (WITNESS, UNEXPECTED):
        return f"nullif({quoted(name)} is not null, false) as {quoted(name)}"
    return f"{quoted(name)}::varchar as {quoted(name)}"


_UNUSED = "no record has this key"


def _as_list(name: str) -> str:
    """A list of JSON texts: a list's elements, or the one value; an object stands for a misfit."""
    value = quoted(name)
    return (
        f"case when starts_with({value}::varchar, '[')"
        f" then from_json({value}, '[\"JSON\"]')::varchar[]"
        f" when starts_with({value}::varchar, '{{') then ['{{}}']"
        f" when {value} is not null then [{value}::varchar] end as {value}"
    )
