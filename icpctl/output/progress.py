"""A progress bar for work that takes a while: bytes, rate and time left, on terminals only."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from icpctl.output.console import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

_QUIET_SECONDS = 1.0  # what is done by then needs no bar


@contextmanager
def progress(stream: TextIO, *, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function to call with the bytes done and in all; the bar goes when the block ends."""
    if hidden or not stream.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    began = time.monotonic()
    bar = Progress(
        TaskProgressColumn(),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console(stream),
        transient=True,
    )
    task = bar.add_task("reading")

    def on_progress(done: int, total: int) -> None:
        if not bar.live.is_started and time.monotonic() - began > _QUIET_SECONDS:
            bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield on_progress
    finally:
        bar.stop()
