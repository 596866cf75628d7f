"""Where a table has what a mapping's paths lead to: which columns, and what follows in them.

A path finds each column whose name has the form of its keys with dots between them, or of its first
keys; in structs or JSON texts of such a column the rest is looked for.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.exports.scanner.key_forms import key_form
from icpctl.mappings.conversions import BOUNDS, RANGE
from icpctl.mappings.paths import Constant, Elements, Together, conversion, keys_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from icpctl.mappings.paths import Keys, Path


class Place(Struct, frozen=True):
    """A column, and the steps of the path that go on in its values.

    Where the table has a column for each bound of a range instead, `bounds` are the bounds' keys
    and columns.
    """

    column: str
    rest: Path
    bounds: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> list[str]:
        """The columns that it takes to find the value."""
        return [name for _, name in self.bounds] or [self.column]


class ColumnNames:
    """The names of a table's columns, by the form in which they are compared."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_form: dict[str, list[str]] = {}
        for name in names:
            known = self._by_form.setdefault(key_form(name), [])
            if name not in known:
                known.append(name)

    def like(self, name: str) -> list[str]:
        """Return the columns of this name, the one that is spelt exactly so first."""
        found = self._by_form.get(key_form(name), [])
        return sorted(found, key=lambda it: it != name)

    def places(self, path: Path) -> list[Place]:
        """Return where the value of a path may be, the best place first, without its tests."""
        steps = path[1:] if isinstance(path[0], Elements) else path
        if isinstance(steps[0], Constant):
            return []
        named = takewhile(lambda step: isinstance(step, str), steps)
        keys = tuple(step for step in named if isinstance(step, str))
        places = [
            Place(name, steps[length:])
            for length in range(len(keys), 0, -1)
            for name in self.like(".".join(keys[:length]))
        ]
        return places or list(self._bounds(path, keys))

    def _bounds(self, path: Path, keys: Keys) -> Iterator[Place]:
        how = conversion(path)
        if not how or how.name != RANGE or len(keys) != len(path) - 1:
            return
        bounds = ((bound, self.like(".".join([*keys, bound]))) for bound in BOUNDS)
        found = tuple((bound, names[0]) for bound, names in bounds if names)
        if found:
            yield Place(".".join(keys), (how,), found)

    def all_places(self, path: Path) -> list[Place]:
        """Return where the value of a path may be, and those of its tests."""
        if isinstance(path[0], Together):
            return [place for part in path[0].paths for place in self.all_places(part)]
        tests = [place for keys, _ in tests_of(path) for place in self.of_test(keys)]
        return self.places(path) + tests

    def of_test(self, keys: Keys) -> list[Place]:
        """Return where the value of a test of the record may be."""
        return self.places(keys)


def tests_of(path: Path) -> tuple[tuple[Keys, str], ...]:
    """Return the tests of the record at the start of a path."""
    return path[0].where if isinstance(path[0], Elements) else ()


def keys_of_lists(paths: Iterable[Path]) -> list[Keys]:
    """Return the keys of paths to lists of records."""
    return [tuple(step for step in path if isinstance(step, str)) for path in paths]


def keys_of_paths(paths: Mapping[str, Iterable[Path]]) -> frozenset[str]:
    """Return the forms of the keys with which the paths of some fields begin."""
    all_paths = (path for several in paths.values() for path in several)
    return frozenset(key_form(keys[0]) for path in all_paths for keys in keys_needed(path) if keys)
