"""One scan over exports: their visitors batch by batch, whether or not records are rolled up."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.exports.columns.batches import numbered

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from icpctl.exports.columns.batches import Batch, Task
    from icpctl.exports.columns.field_columns import Columns
    from icpctl.exports.files.sources import Source
    from icpctl.exports.readers.reading import Reader
    from icpctl.exports.visitor_keys import By
    from icpctl.mappings.mapping import Mapping


class Scan(Struct):
    """Reads sources, each with its mapping; `columns_of` gives the columns that are wanted.

    With `by` all records are rolled up, whatever their files. Else those are whose mapping says so,
    together with those of the other sources of this mapping. `records` counts these, and
    `without_key` those that are alone. With `needs_keys` it is an error if no record of a mapping
    has the key.
    """

    mapped: Sequence[tuple[Source, Mapping]]
    reader: Reader
    columns_of: Callable[[Mapping], Columns]
    needs_keys: bool = False
    by: By = ()
    records: int = 0
    without_key: int = 0

    def batches(self) -> Iterator[Batch]:
        """Yield the visitors batch by batch. Raises `IcpctlError` where a file cannot be read."""
        return numbered(self.tasks())

    def tasks(self) -> Generator[Task]:
        """Yield what reads the visitors batch by batch, on any thread; see `Reader.tasks`."""
        groups = visitor_groups([mapping for _, mapping in self.mapped], self.by)
        rolled_up = {group.members[0]: group for group in groups if group.is_rolled_up}
        alone = {number for group in groups if not group.is_rolled_up for number in group.members}
        for number, (source, mapping) in enumerate(self.mapped):
            if number in alone:
                self.reader.columns = self.columns_of(mapping)
                with closing(self.reader.tasks(source)) as tasks:
                    yield from tasks
            elif number in rolled_up:
                members = [self.mapped[member] for member in rolled_up[number].members]
                for batch in self._rolled_up(members):
                    yield partial(lambda batch: batch, batch)

    def _rolled_up(self, group: Sequence[tuple[Source, Mapping]]) -> Iterator[Batch]:
        from icpctl.exports.rollup import RollUp

        needs_keys = self.needs_keys or bool(self.by)
        rollup = RollUp(self.reader, self.columns_of, self.by, needs_keys)
        yield from rollup.read(group)
        self.records += rollup.records
        self.without_key += rollup.without_key


class VisitorGroup(Struct):
    """Files that have the same visitors, by their numbers; `is_rolled_up` if records become one."""

    mapping: Mapping
    members: list[int] = field(default_factory=list)
    is_rolled_up: bool = False


def visitor_groups(mappings: Sequence[Mapping], by: By) -> list[VisitorGroup]:
    """Return which files, by their mappings, are put together; with `by` all are."""
    groups: list[VisitorGroup] = []
    for number, mapping in enumerate(mappings):
        same = (group for group in groups if by or group.mapping.has_visitors_of(mapping))
        if (group := next(same, None)) is None:
            groups.append(group := VisitorGroup(mapping))
        group.members.append(number)
        group.is_rolled_up |= bool(by or mapping.by)
    return groups


class Progress:
    """Tells `on_progress` the bytes that are read, of all sources, and their sum."""

    def __init__(self, sources: Sequence[Source], tell: Callable[[int, int], None]) -> None:
        self._before: dict[Path, int] = {}
        self._total = self._done = 0
        for source in sources:
            self._before[source.path] = self._total
            self._total += source.size
        self._tell = tell

    def read(self, batch: Batch) -> None:
        """Note that a batch was read; those of a roll-up begin again at the first source."""
        done = self._before[batch.source.path] + batch.bytes_read
        self._done = max(self._done, done)
        self._tell(self._done, self._total)
