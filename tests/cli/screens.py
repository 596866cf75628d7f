"""Screens of every command, as snapshots: `python -m tests.cli.screens` writes them anew.

Each command is called in the ways in which people first meet it, in a pipe of 80 columns without
colour: for its help, without arguments, with a slip in an option, with a file that is missing, and
in an empty folder. Read the difference as somebody who asks "what would I do next?".
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import typer

from icpctl.cli.app import app
from tests.process import icpctl

SCREENS = Path(__file__).parent / "screens"
GROUP: object = typer.main.get_command(app)
COMMANDS = (
    *GROUP.commands,  # type: ignore[attr-defined]
    *("prove equivalent", "prove witnesses"),
)

MISSING = {
    "score": "missing.csv",
    "explain": "missing.csv --id v001",
    "stats": "missing.csv",
    "insight": "missing.csv",
    "impact": "missing.csv --base-dir missing",
    "outcomes": "missing.csv --won missing-too.csv",
    "suggest": "missing.csv --won missing-too.csv",
    "init": "--from missing.csv",
    "create": "--file missing.yaml",
    "apply": "missing.yaml",
    "diff": "missing.yaml",
    "inspect": "missing.csv",
    "mappings": "missing",
    "rollup": "missing.csv --by email --out visitors.jsonl",
    "validate": "missing.yaml",
    "test": "missing",
    "prove": "missing",
    "prove equivalent": "missing.yaml missing-too.yaml",
    "prove witnesses": "missing",
    "sql": "--dialect duckdb --table visitors --columns missing.yaml",
    "get": "missing",
    "update": "missing --priority 5",
    "edit": "missing",
    "delete": "missing --yes",
    "describe": "missing",
    "completion": "missing",
    "list": "--org missing",
    "schema": "--org missing",
}
"""What each command is asked for that does not exist; there is a config of the folder."""

CONFIG = """\
label: A
rules:
  groups:
    - operator: AND
      conditions:
        - {type: industry, comparator: exists}
"""


def screen(command: str) -> str:
    """Return what a command shows in each of the calls: the call, the exit code, both streams."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = [_call(f"{command} --help", folder), _call(f"{command} --optoin", folder)]
        if command != "init":  # which makes files
            empty.append(_call(command, folder))
        (folder / "icp_configs").mkdir()
        (folder / "icp_configs" / "a.yaml").write_text(CONFIG)
        return "\n".join([*empty, _call(f"{command} {MISSING[command]}", folder)])


def first_screens() -> str:
    """Return what icpctl shows by itself, and for a command that does not exist."""
    with tempfile.TemporaryDirectory() as name:
        calls = ("", "--help", "scroe", "--verison", "nothing-like-it")
        return "\n".join(_call(call, Path(name)) for call in calls)


def _call(words: str, folder: Path) -> str:
    ended = icpctl(*words.split(), cwd=folder, COLUMNS="80", NO_COLOR="1")
    shown = "".join(part for part in (ended.out, ended.err) if part)
    return f"$ icpctl {words}".rstrip() + f"\n{shown}[exit code {ended.code}]\n"


def snapshots() -> dict[str, str]:
    """Return the name of each snapshot, and what it should hold."""
    return {"icpctl": first_screens()} | {
        command.replace(" ", "-"): screen(command) for command in COMMANDS
    }


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for name, text in snapshots().items():
        (SCREENS / f"{name}.txt").write_text(text, "utf-8", newline="")
