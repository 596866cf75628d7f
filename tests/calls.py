"""Many calls of `icpctl` from one process that has loaded what they need: each is a fork.

A call can be killed at its n-th change of files: Python reports each to an audit hook before it
is done.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.process import ROOT, Ended, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod"}
KILLED = -signal.SIGKILL


class Calls:
    """Calls that a server carries out, one after the other."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def __call__(self, *args: str | Path, cwd: Path, kill_at: int = 0, room: int = 0) -> Ended:
        """Run a call to its end, or to its n-th change of files; `room` bounds files, in bytes."""
        request = {"args": list(map(str, args)), "cwd": str(cwd), "kill_at": kill_at, "room": room}
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return Ended(*json.loads(self._server.stdout.readline()))


@contextlib.contextmanager
def calls(**env: str) -> Iterator[Calls]:
    """Start a server, and end it with the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.calls"],
        cwd=ROOT,
        env=environment(OPENBLAS_NUM_THREADS="1", **env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        yield Calls(server)
        assert server.stdin
        server.stdin.close()


def _serve() -> None:
    import pyarrow.compute  # noqa: F401

    import icpctl.cli.app
    import icpctl.scoring.run  # noqa: F401

    for line in sys.stdin:
        print(json.dumps(_call(json.loads(line))), flush=True)


def _call(request: dict[str, Any]) -> tuple[int, str, str]:
    """Fork a call, and read what it says; pipes are not files, which may be bounded."""
    pipes = [os.pipe(), os.pipe()]
    child = os.fork()
    if not child:
        for number, (_, theirs) in enumerate(pipes, 1):
            os.dup2(theirs, number)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8")
        sys.stderr = os.fdopen(2, "w", encoding="utf-8")
        _become(request)
    for _, theirs in pipes:
        os.close(theirs)
    with ThreadPoolExecutor(2) as pool:
        texts = list(pool.map(_read, [ours for ours, _ in pipes]))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, texts[0], texts[1]


def _read(descriptor: int) -> str:
    with open(descriptor, encoding="utf-8") as pipe:
        return pipe.read()


def _become(request: dict[str, Any]) -> None:
    """Carry out a call in this process."""
    from icpctl.__main__ import main

    os.chdir(request["cwd"])
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.argv = ["icpctl", *request["args"]]
    if request["room"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["room"], resource.RLIM_INFINITY))
    if request["kill_at"]:
        _kill_at(request["kill_at"], request["cwd"])
    try:
        main()
    finally:
        os._exit(70)


def _kill_at(change: int, folder: str) -> None:
    """Let the process die just before its n-th change of a file in a folder."""
    left = [change]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        makes = event == "open" and isinstance(args[2], int) and args[2] & os.O_CREAT
        if not makes and event not in CHANGES:
            return
        with contextlib.suppress(TypeError):
            if not os.path.abspath(os.fsdecode(args[0])).startswith(folder):
                return
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


if __name__ == "__main__":
    _serve()
