"""Help as people see it: commands in groups, whole summaries, metavars that say it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import typer

from icpctl.cli.app import app
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

GROUPS = [
    "Score and understand:",
    "Configs:",
    "Formats and mappings:",
    "Check and prove:",
    "Elsewhere:",
]
ROOT: object = typer.main.get_command(app)
COMMANDS = sorted(ROOT.commands)  # type: ignore[attr-defined]


def test_commands_are_in_groups_and_no_summary_is_cut(tmp_path: Path) -> None:
    lines = icpctl("--help", cwd=tmp_path, COLUMNS="80").out.splitlines()
    titles = [line for line in lines if re.fullmatch(r"[A-Z].*:", line)]
    assert titles == ["Options:", *GROUPS, "Examples:"]
    lines = lines[lines.index(GROUPS[0]) :]
    summaries = dict(
        match.groups() for line in lines if (match := re.fullmatch(r"  ([a-z]+) +(\S.*[.?])", line))
    )
    assert sorted(summaries) == COMMANDS
    assert not any("..." in line or len(line) > 80 for line in lines)


@pytest.mark.parametrize("command", COMMANDS)
def test_arguments_are_named_as_people_name_them(command: str, tmp_path: Path) -> None:
    ended = icpctl(command, "--help", cwd=tmp_path, COLUMNS="80")
    assert ended.code == 0
    assert "<list[" not in ended.out
