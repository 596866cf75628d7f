"""The one place where exceptions become messages and exit codes."""

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, ParamSpec, TextIO

import typer

from icpctl.errors import ExitCode, IcpctlError
from icpctl.files import one_call

if TYPE_CHECKING:
    from typing_extensions import Buffer

P = ParamSpec("P")

_JSON = (("-o", "json"), ("--output", "json"))

# What people read follows their locale; everything else is UTF-8 wherever it is written.
_FOR_PEOPLE = ("table", "text")

# What asks a process to end. Windows has no terminals that hang up.
_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def exits(command: Callable[P, ExitCode]) -> Callable[P, None]:
    """Return `command` so that it ends the process with the code it returns or its error has.

    Where its parameter `output` is `json`, an error is printed as JSON too: on stdout, or on stderr
    where `out` says that stdout is for rows.
    """

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        output = kwargs.get("output")
        is_for_people = output in _FOR_PEOPLE or (output is None and _is_terminal(sys.stdout))
        sys.stdout = _stdout(sys.stdout, is_utf8=not is_for_people)
        sys.stderr = _stderr(sys.stderr)
        if threading.current_thread() is threading.main_thread():
            _clean_up_after_signals()
        as_json = None
        if output == "json":
            as_json = sys.stderr if kwargs.get("out") == "-" else sys.stdout
        with one_call():
            code = _outcome(lambda: command(*args, **kwargs), as_json)
        raise typer.Exit(code)

    return wrapper


def run(app: typer.Typer) -> int:
    """Run the command line and return its exit code.

    What Typer says about a call that it cannot read is JSON too, where the call asks for JSON.
    """
    try:
        return int(app(prog_name="icpctl", standalone_mode=False) or ExitCode.DONE)
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except SystemExit as ended:  # of a signal, or Typer's where help goes into a closed pipe
        if isinstance(ended.__context__, BrokenPipeError):
            _discard_stdout()
            return ExitCode.DONE
        if not isinstance(ended.code, int):
            raise
        return ended.code
    except Exception as error:
        show: Callable[[], None] | None = getattr(error, "show", None)
        if show is None:  # then it is none of Typer's
            raise
        if type(error).__name__ == "NoArgsIsHelpError":
            show()
            return ExitCode.FAILED
        from icpctl.cli.usage_errors import usage_error

        as_json = _stdout(sys.stdout, is_utf8=True) if _asks_for_json(sys.argv[1:]) else None
        return _tell(usage_error(error), as_json)


def _asks_for_json(words: list[str]) -> bool:
    given = {"-ojson", "--output=json"} & set(words)
    return bool(given) or any(pair in _JSON for pair in pairwise(words))


def _outcome(call: Callable[[], ExitCode], as_json: TextIO | None) -> ExitCode:
    try:
        try:
            code = call()
            sys.stdout.flush()  # a closed pipe and a full disk may show only now
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            code = _tell(_as_icpctl_error(error), as_json)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough. Python flushes once more when it ends.
        _discard_stdout()
        return ExitCode.DONE
    return code


def _clean_up_after_signals() -> None:
    """End in good order when asked to end, or when the terminal goes; unless that is ignored."""
    for number in _ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as shells expect after a signal, but clean up temporary files first, undisturbed."""
    for other in _ENDING:
        signal.signal(other, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _as_icpctl_error(error: Exception) -> IcpctlError:
    """Return the message for an exception of any kind."""
    if isinstance(error, IcpctlError):
        return error
    if isinstance(error, MemoryError):
        return IcpctlError("not enough memory", "no_memory")
    if isinstance(error, OSError):
        what = error.strerror or str(error)
        where = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        hint = "free some space, or write elsewhere" if error.errno == errno.ENOSPC else None
        return IcpctlError(f"{where}{what}", "io_error", hint=hint)
    return IcpctlError(
        f"internal error: {type(error).__name__}: {error}",
        "internal_error",
        hint=f"please report it; the details are in {_keep_traceback(error)}",
    )


def _tell(error: IcpctlError, as_json: TextIO | None) -> ExitCode:
    from icpctl.output.errors import print_error

    if as_json:
        _tell_json(error, as_json)
    print_error(error)
    return error.exit_code


def _tell_json(error: IcpctlError, stream: TextIO) -> None:
    from icpctl.output.errors import print_error_json

    try:
        print_error_json(error, stream)
        stream.flush()
    except OSError:
        _discard_stdout()


def _keep_traceback(error: Exception) -> str:
    """Write the traceback to a file, or to stderr with ICPCTL_DEBUG=1, and say where it is."""
    import tempfile

    if os.environ.get("ICPCTL_DEBUG"):
        traceback.print_exception(error)
        return "the lines above"
    with tempfile.NamedTemporaryFile(
        "w", prefix="icpctl-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        traceback.print_exception(error, file=file)
    return file.name


class _Closed(io.RawIOBase):
    """What stands for a stdout that is closed: to print results there is an error."""

    def writable(self) -> bool:
        return True

    def write(self, data: "Buffer", /) -> int:
        del data
        raise OSError(errno.EBADF, "stdout is closed, so the results cannot be printed")


def _stdout(stream: TextIO | None, *, is_utf8: bool) -> TextIO:
    """Return a stdout that takes any text."""
    if stream is None:
        os.open(os.devnull, os.O_WRONLY)  # takes the free descriptor, which no file may get
        return io.TextIOWrapper(_Closed(), "utf-8", write_through=True)  # type: ignore[type-var]  # it lacks what readers need
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
        if is_utf8:
            stream.reconfigure(encoding="utf-8", newline="\n")
    return stream


def _stderr(stream: TextIO | None) -> TextIO:
    """Return a stderr that takes any text; a closed one takes it to nowhere."""
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def _discard_stdout() -> None:
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
