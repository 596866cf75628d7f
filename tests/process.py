"""Runs `icpctl` as a process, as people do."""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.calls import Calls

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "icpctl"]


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    out: str
    err: str

    @property
    def tabbed(self) -> str:
        """What was printed, with one tab between the cells of tables, however wide these are."""
        return re.sub(r"(?<=\S) {2,}(?=\S)", "\t", self.out)


def environment(**changes: str) -> dict[str, str]:
    """The environment without what would change the outcome, and with these changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ICPCTL_", "COV_")) and name not in ("NO_COLOR", "COLUMNS", "TERM")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **changes}


def on_terminal(command: str, *, cwd: Path, columns: int = 80, **env: str) -> str:
    """What a person sees of a shell command on a terminal of 50 lines, without colour."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with subprocess.Popen(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment(TERM="xterm", PATH=path, **{"NO_COLOR": "1", **env}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ):
        os.close(theirs)
        seen = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while chunk := os.read(ours, 65536):
                seen += chunk
    os.close(ours)
    return seen.decode().replace("\r\n", "\n")


def type_into(command: str, keys: str, *, cwd: Path, **env: str) -> str:
    """What a terminal shows of a program into which somebody types these keys."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command.split(),
        cwd=cwd,
        env=environment(**{"TERM": "xterm", "PYTHONPATH": str(ROOT), **env}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ):
        os.close(theirs)
        os.write(ours, keys.encode())
        shown = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while chunk := os.read(ours, 65536):
                shown += chunk
    os.close(ours)
    return shown.decode(errors="replace")


def unless_given(args: Sequence[str | Path], *defaults: str | Path) -> list[str | Path]:
    """Return options and their values, but for those that a call gives itself."""
    pairs = zip(defaults[::2], defaults[1::2], strict=True)
    return [word for option, value in pairs if option not in args for word in (option, value)]


def icpctl(*args: str | Path, cwd: Path, stdin: str = "", **env: str) -> Ended:
    """Run a command to its end, as a fork of a process that has everything loaded.

    An interpreter of its own takes longer to start than nearly all commands to run; it is used
    where the environment decides how one starts.
    """
    if any(name.startswith(("PYTHON", "LC_", "LANG", "TZ", "ICPCTL_NATIVE")) for name in env):
        return new_process(*args, cwd=cwd, stdin=stdin, **env)
    return server()(*args, cwd=cwd, env=environment(**env), stdin=stdin)


def ended_by(sent: int, script: str, *args: str, cwd: Path) -> tuple[int, bytes]:
    """Run a script in Python until it prints a line, send it a signal; its exit code and stderr.

    Its stdin stays open.
    """
    with subprocess.Popen(
        [sys.executable, "-c", script, *args],
        cwd=cwd,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.send_signal(sent)
        return process.wait(60), process.stderr.read()


@functools.cache
def server() -> Calls:
    """The process that has everything loaded, started when it is first asked for."""
    from tests.calls import calls

    return _SERVERS.enter_context(calls())


_SERVERS = contextlib.ExitStack()
atexit.register(_SERVERS.close)


def new_process(*args: str | Path, cwd: Path, stdin: str = "", **env: str) -> Ended:
    """Run a command to its end in an interpreter of its own."""
    ended = subprocess.run(
        [*COMMAND, *map(str, args)],
        cwd=cwd,
        input=stdin,
        env=environment(**env),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)
