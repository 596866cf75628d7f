"""Many calls of `icpctl` from one process that has loaded what they need: each is a fork.

A call can be killed at its n-th change of files: Python reports each to an audit hook before it
is done.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

import icpctl
from tests.process import ROOT, Ended, environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARIES = ["duckdb", "jinja2", "pyarrow.compute", "pyarrow.csv", "pyarrow.parquet"]
LIBRARIES += ["pydantic.type_adapter", "rich.table", "sqlglot", "typer._click.decorators", "z3"]
LIBRARIES += ["encodings.unicode_escape", "encodings.utf_8_sig", "filelock", "numpy.ma"]
LIBRARIES += ["pycountry", "sqlglot.generators.duckdb", "sqlglot.parsers.duckdb", "tomllib"]
LIBRARIES += ["typer._adapters"]
"""What a server loads before its first call."""

SECONDS = 60
"""After as many a call is killed."""

CHANGES = {"os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "os.chmod"}
KILLED = -signal.SIGKILL


class Calls:
    """Calls that a server carries out, one after the other."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        self._server = server

    def __call__(
        self,
        *args: str | Path,
        cwd: Path,
        env: dict[str, str] | None = None,
        stdin: str = "",
        kill_at: int = 0,
        room: int = 0,
    ) -> Ended:
        """Run a call to its end, or to its n-th change of files; `room` bounds files, in bytes.

        `env` is its whole environment, the server's if it is None.
        """
        request = {
            "args": list(map(str, args)),
            "cwd": str(cwd),
            "env": env,
            "stdin": stdin,
            "kill_at": kill_at,
            "room": room,
        }
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
    for name in (*LIBRARIES, *_own_modules()):
        import_module(name)
    _read_tables()
    gc.freeze()  # what is loaded is not looked at, and so not copied, by each call
    for line in sys.stdin:
        print(json.dumps(_call(json.loads(line))), flush=True)


def _own_modules() -> Iterator[str]:
    """Yield the modules of icpctl, without those of Spark and the library in C."""
    for module in walk_packages(icpctl.__path__, "icpctl."):
        if "spark" not in module.name and not module.name.endswith(("__main__", ".scan")):
            yield module.name


def _read_tables() -> None:
    """Read what the package has with it and each call would read again."""
    from icpctl.mappings.loading import built_in, built_in_signs
    from icpctl.mappings.mapping import built_in_names
    from icpctl.values.country_forms import country

    country("Germany")
    for name in built_in_names():
        built_in(name)
        built_in_signs(name)


def _call(request: dict[str, Any]) -> tuple[int, str, str]:
    """Fork a call, and read what it says; pipes are not files, which may be bounded."""
    given, out, err = os.pipe(), os.pipe(), os.pipe()
    child = os.fork()
    if not child:
        for number, theirs in enumerate((given[0], out[1], err[1])):
            os.dup2(theirs, number)
        for descriptor in (*given, *out, *err):
            os.close(descriptor)
        _become(request)
    for theirs in (given[0], out[1], err[1]):
        os.close(theirs)
    with ThreadPoolExecutor(3) as pool:
        pool.submit(_write, given[1], request["stdin"])
        texts = list(pool.map(_read, [out[0], err[0]]))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status, texts[0], texts[1]


def _read(descriptor: int) -> str:
    with open(descriptor, encoding="utf-8") as pipe:
        return pipe.read()


def _write(descriptor: int, text: str) -> None:
    with contextlib.suppress(BrokenPipeError), open(descriptor, "wb") as pipe:
        pipe.write(text.encode())


def _become(request: dict[str, Any]) -> None:
    """Carry out a call in this process."""
    from icpctl.__main__ import main

    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape")
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace")
    signal.alarm(SECONDS)
    os.chdir(request["cwd"])
    if request["env"] is not None:
        os.environ.clear()
        os.environ.update(request["env"])
    if "_ICPCTL_COMPLETE" in os.environ:
        del sys.modules["icpctl.cli.app"]  # which looks for it where it is imported
    sys.argv = ["icpctl", *request["args"]]
    if request["room"]:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["room"], resource.RLIM_INFINITY))
    if request["kill_at"]:
        _kill_at(request["kill_at"], request["cwd"])
    code = 70
    try:
        main()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)


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
