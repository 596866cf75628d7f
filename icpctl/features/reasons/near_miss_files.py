"""Near misses as files: a row for a visitor, a config and the condition that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct

from icpctl.features.shared.condition_phrases import phrase
from icpctl.features.shared.plain_rows import WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from icpctl.features.reasons.row_reasons import NearMiss
    from icpctl.features.shared.plain_rows import PlainWriter
    from icpctl.output.layout import Form

COLUMNS = ("id", "config", "group", "condition", "seen")
_SCHEMA = pa.schema([(name, pa.int64() if name == "group" else pa.string()) for name in COLUMNS])


class NearMissWriter(Struct, frozen=True):
    """Takes near misses in order; what was seen keeps its JSON value where the format has some."""

    rows: PlainWriter

    @classmethod
    def of(cls, form: Form, file: BinaryIO) -> NearMissWriter:
        """Make what writes to a file in a format."""
        return cls(WRITERS[form](file, _SCHEMA))

    def write(self, near_misses: Sequence[NearMiss]) -> None:
        """Write some near misses."""
        self.rows.write([*_cells(near_misses)])

    def close(self) -> None:
        """Write what the format needs at its end."""
        self.rows.close()


def _cells(near_misses: Sequence[NearMiss]) -> Iterator[tuple[object, ...]]:
    """Yield the cells of each row; the text of a condition is made once."""
    texts: dict[int, str] = {}
    for visitor, config, group, condition, seen in near_misses:
        if id(condition) not in texts:
            texts[id(condition)] = phrase(condition)
        yield visitor, config, group, texts[id(condition)], seen
