"""Runs `icpctl` on a terminal of its own, as people at a keyboard do."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.process import COMMAND, Ended, environment

if TYPE_CHECKING:
    from pathlib import Path


def on_terminal(*args: str, cwd: Path, typed: str = "", **env: str) -> Ended:
    """Run a command whose input and output are a terminal; both streams are in `out`."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    process = subprocess.Popen(
        [*COMMAND, *args],
        cwd=cwd,
        env=environment(**{"TERM": "xterm", **env}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, typed.encode())
    seen = b""
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # Linux says so when nobody is left on the other side
            break
        if not data:
            break
        seen += data
    os.close(ours)
    return Ended(process.wait(), seen.decode().replace("\r\n", "\n"), "")
