"""Exit codes, the one exception users see, findings about files, and hints at a misspelt word."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import IntEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class ExitCode(IntEnum):
    """What a process ends with."""

    DONE = 0
    FOUND = 1
    FAILED = 2
    INTERRUPTED = 130


Severity = Literal["error", "warning"]


class Location(Struct, frozen=True):
    """A place in a file; `line` and `column` count from 1, in characters."""

    file: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


class Finding(Struct, frozen=True):
    """One thing that is wrong with a file. `code` is stable: `ICPnnn`."""

    code: str
    severity: Severity
    message: str
    location: Location
    hint: str | None = None

    def __str__(self) -> str:
        return f"{self.location}: {self.severity}[{self.code}] {self.message}"


def severity_of(code: str) -> Severity:
    """Return what findings of a code are unless `--strict` makes them errors."""
    return "warning" if code.startswith(("ICP3", "ICP6")) else "error"


@dataclass(eq=False)
class IcpctlError(Exception):
    """The call could not be carried out: what is wrong, where, and what to do next.

    `code` is a stable word for programs (`no_such_slug`); `details` goes into `-o json` as it is;
    `findings` are printed before the message.
    """

    message: str
    code: str = "failed"
    where: Location | None = None
    hint: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    exit_code: ExitCode = ExitCode.FAILED

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  {self.hint}" if self.hint else text


def both_given(first: str, second: str) -> IcpctlError:
    """Return the error for two options of which a call takes one."""
    message = f"{first} and {second} cannot be used together"
    return IcpctlError(message, "bad_usage", hint="give one of them")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that `word` most likely was meant to be, or None.

    Compares without letter case, `-` and `_`, so `jobTitle` finds `job_title`.
    """
    return _nearest(word[:100], tuple(known))


@lru_cache(maxsize=1000)  # the same slip is often made again
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    names = {name.lower().replace("_", ""): name for name in known}
    typed = word.lower().replace("_", "").replace("-", "").replace(" ", "")
    close = get_close_matches(typed, names, n=1, cutoff=0.6)
    return names[close[0]] if close else None


def word_hint(word: str, known: Collection[str], otherwise: str | None = None) -> str:
    """Return the hint for an unknown word: what was meant, or else `otherwise` or all `known`."""
    meant = nearest(word, known)
    return f"did you mean {meant}?" if meant else otherwise or f"known: {', '.join(known)}"
