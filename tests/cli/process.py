"""Runs `icpctl` as a process, as people do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "icpctl"]


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    out: str
    err: str


def environment(**changes: str) -> dict[str, str]:
    """The environment without what would change the outcome, and with these changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ICPCTL_", "COV_")) and name not in ("NO_COLOR", "COLUMNS", "TERM")
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **changes}


def icpctl(*args: str | Path, cwd: Path, stdin: str = "", **env: str) -> Ended:
    """Run a command to its end."""
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
