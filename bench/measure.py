"""Runs commands as whole processes, in turn, and takes what the kernel accounts for each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class FailedError(RuntimeError):
    """A command that ended with an exit code it should not have."""


@dataclass(frozen=True)
class Usage:
    """One process from start to exit: seconds on the wall and of all cores, peak memory in MB."""

    wall: float
    cpu: float
    memory: float


@dataclass(frozen=True)
class Case:
    """A command to measure. `base` names the case whose time is 1 for its ratio."""

    name: str
    command: Sequence[str]
    base: str | None = None
    runs: int | None = None
    codes: tuple[int, ...] = (0,)


@dataclass
class Measured:
    """All runs of a case, in the order in which they ran."""

    case: Case
    usages: list[Usage]

    @property
    def wall(self) -> float:
        """Median of the seconds on the wall."""
        return median(one.wall for one in self.usages)

    @property
    def cpu(self) -> float:
        """Median of the seconds of all cores."""
        return median(one.cpu for one in self.usages)

    @property
    def memory(self) -> float:
        """The highest peak, in MB."""
        return max(one.memory for one in self.usages)

    def ratio(self, base: Measured, figure: Callable[[Usage], float]) -> float:
        """The median of the ratios of neighbouring runs."""
        pairs = zip(self.usages, base.usages, strict=False)
        return median(figure(one) / figure(other) for one, other in pairs)


def run(command: Sequence[str], codes: tuple[int, ...] = (0,)) -> Usage:
    """Run a command without output. The memory is that of its largest process.

    Raises `FailedError` with what the command said.
    """
    started = time.perf_counter()
    # As where it was installed: compiled, which this would keep from happening.
    env = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in codes:
        raise FailedError(f"{' '.join(command)}\n{said.decode(errors='replace')}")
    in_mb = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / in_mb)


def measure(cases: Sequence[Case], runs: int, say: Callable[[str], None]) -> dict[str, Measured]:
    """Run all cases in turn, `runs` times (slow ones as often as they ask).

    One more run of each goes before, to warm up, where there are several.
    """
    found = {case.name: Measured(case, []) for case in cases}
    for turn in range(1 if runs == 1 else 0, runs + 1):
        for case in cases:
            if turn > (case.runs or runs) or (turn == 0 and case.runs):
                continue
            usage = run(case.command, case.codes)
            say(f"{turn}/{runs} {case.name}: {usage.wall:.2f} s")
            if turn:
                found[case.name].usages.append(usage)
    return found
