"""Lines that Spark hands to a task, as small files for the reader of one machine.

Spark gives each line unchanged, followed by a line feed, so the bytes of a batch are those of
the file. What Spark splits is a block of a file; lines are numbered from the block's first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from icpctl.exports.columns.batches import Batch, Rejected, too_long
from icpctl.exports.files.sources import Source
from icpctl.exports.readers.reading import BATCH_ROWS, Reader
from icpctl.values.text_search import bytes_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from icpctl.spark.work import Place

LINE, FILE, START = "line", "file", "start"
"""The columns of a batch: the line (null where it is too long), its file, and where its block
starts."""

_MOST_LINES = 2 * BATCH_ROWS
_MOST_BYTES = 96 * 1024 * 1024


class Piece(Struct, frozen=True):
    """Some lines of a block that follow each other, `before` which there are others of it.

    `path` holds an empty line and then the lines, of which the last is left out where it
    `is_too_long`.
    """

    file: int
    start: int
    before: int
    path: Path
    count: int
    is_too_long: bool

    def batches(self, reader: Reader, name: str) -> Iterator[Batch]:
        """Yield the records, numbered by the lines of the block."""
        # The reader takes a byte order mark for one only before the first line, and the
        # file's own is gone; so a line comes before all, which is blank.
        shift = self.before - 1
        source = Source(name, self.path, self.path.stat().st_size, None)
        for batch in reader.read(source):
            rejected = [replace(line, line=line.line + shift) for line in batch.rejected]
            yield replace(batch, lines=batch.lines + shift, rejected=rejected)

    def too_long(self, name: str) -> list[Rejected]:
        """Return the last line as rejected if it is too long to be read."""
        return [too_long(name, self.before + self.count)] if self.is_too_long else []


def pieces(batches: Iterator[pa.RecordBatch], folder: Path) -> Iterator[Piece]:
    """Yield the lines of a task; each piece's file is valid only until the next piece."""
    path = folder / "lines.jsonl"
    place: Place | None = None
    before = 0
    runs_left = ((of, rows[LINE]) for of, rows in runs(batches))
    run = next(runs_left, None)
    while run:
        if run[0] != place:
            place, before = run[0], 0
        count = size = 0
        is_too_long = False
        with path.open("wb") as file:
            file.write(b"\n")
            while run and run[0] == place and not is_too_long:
                taken = run[1].slice(0, _MOST_LINES - count)
                is_too_long = bool(taken.null_count)
                if is_too_long:
                    at = int(np.flatnonzero(taken.is_null().to_numpy(zero_copy_only=False))[0])
                    taken = taken.slice(0, at)
                _, data = bytes_of(taken)
                file.write(data.data)
                size += len(data)
                used = len(taken) + is_too_long
                count += used
                rest = run[1].slice(used)
                run = (place, rest) if len(rest) else next(runs_left, None)
                if count >= _MOST_LINES or size >= _MOST_BYTES:
                    break
        yield Piece(*place, before, path, count, is_too_long)
        before += count


def runs(batches: Iterator[pa.RecordBatch]) -> Iterator[tuple[Place, pa.RecordBatch]]:
    """Yield each run of consecutive rows of one block, with the block."""
    for batch in batches:
        if not batch.num_rows:
            continue
        files, starts = (batch[name].to_numpy(zero_copy_only=False) for name in (FILE, START))
        changes = np.flatnonzero((np.diff(files) != 0) | (np.diff(starts) != 0)) + 1
        for low, high in pairwise([0, *changes.tolist(), batch.num_rows]):
            yield (int(files[low]), int(starts[low])), batch.slice(low, high - low)
