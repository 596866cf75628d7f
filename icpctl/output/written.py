"""What a call has written, and how long it took, in one line."""

from __future__ import annotations

import os
import time

from icpctl.output.console import note


def print_written(*names: str | os.PathLike[str] | None, since: float) -> None:
    """Print on stderr which files were written; `since` is `time.perf_counter()` at the start.

    None is a file that was not asked for, and `-` is stdout; of these nothing is said.
    """
    files = [os.fspath(name) for name in names if name is not None and os.fspath(name) != "-"]
    if not files:
        return
    listed = " and ".join([", ".join(files[:-1]), files[-1]] if len(files) > 1 else files)
    note(f"wrote {listed} in {time.perf_counter() - since:,.1f} s")
