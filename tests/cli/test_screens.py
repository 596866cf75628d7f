"""What every command shows to somebody who meets it is what was looked at last."""

from __future__ import annotations

import pytest

from tests.cli.screens import COMMANDS, SCREENS, first_screens, screen


def kept(name: str) -> str:
    return (SCREENS / f"{name}.txt").read_text("utf-8")


def test_first_screens() -> None:
    assert first_screens() == kept("icpctl")


@pytest.mark.parametrize("command", COMMANDS)
def test_screens(command: str) -> None:
    shown = screen(command)
    assert shown == kept(command.replace(" ", "-"))
    assert "Traceback" not in shown
    assert "\x1b" not in shown


def test_each_snapshot_is_of_a_command() -> None:
    names = {command.replace(" ", "-") for command in COMMANDS}
    assert {path.stem for path in SCREENS.iterdir()} == names | {"icpctl"}
