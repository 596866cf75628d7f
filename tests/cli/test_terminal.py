"""What is different on a terminal: questions, colour, tables laid out within its width."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.config.marked import RULES
from tests.process import COMMAND, environment, icpctl
from tests.terminal import on_terminal

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = "icp_configs"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with one config."""
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "big.yaml").write_text("label: Big\npriority: 1\n" + RULES)
    return tmp_path


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2), ("\x04", 2)])
def test_delete_asks(here: Path, typed: str, code: int) -> None:
    ended = on_terminal("delete", "big", cwd=here, typed=typed)
    assert ended.code == code, ended.out
    assert "Delete icp_configs/big.yaml? [y/N]: " in ended.out
    assert ("nothing was done" in ended.out) == (code == 2)
    assert (here / FOLDER / "big.yaml").exists() == (code == 2)


def test_ctrl_c_at_a_question_is_as_anywhere(here: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "delete", "big"], cwd=here, env=environment(), stdin=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(ours, 4096)
        while process.poll() is None:  # one that comes just before the answer is read is not seen
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(2)
        assert process.returncode == 130
    os.close(ours)
    assert (here / FOLDER / "big.yaml").exists()


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("n\n", 2)])
def test_apply_asks_before_it_prunes(here: Path, typed: str, code: int) -> None:
    (here / "new.yaml").write_text("label: New\n" + RULES)
    ended = on_terminal("apply", "new.yaml", "--prune", cwd=here, typed=typed)
    assert ended.code == code, ended.out
    assert "Delete big? [y/N]: " in ended.out
    left = sorted(path.name for path in (here / FOLDER).iterdir())
    assert left == (["big.yaml"] if code else ["new.yaml"])


@pytest.mark.parametrize("wanted", [True, False])
def test_diffs_have_colour_where_it_is_wanted(here: Path, wanted: bool) -> None:
    env = {} if wanted else {"NO_COLOR": "1"}
    args = ["update", "big", "--label", "B\x1b[2J", "--priority", "2", "--dry-run"]
    out = on_terminal(*args, cwd=here, **env).out
    assert ("\x1b[32m+priority: 2\x1b[0m\n" in out) == wanted
    assert ("\n+priority: 2\n" in out) == (not wanted)
    assert "\x1b[2J" not in out


def test_lists_of_many_configs_with_wide_labels_fit(here: Path) -> None:
    for number in range(200):
        label = f"Kunden in Österreich und 会社 {number} " * (1 + number % 3)
        text = f"label: {label}\npriority: {number}\n{RULES}"
        (here / FOLDER / f"a-config-whose-slug-is-rather-long-{number}.yaml").write_text(text)
    from rich.cells import cell_len

    lines = on_terminal("list", cwd=here, NO_COLOR="1").out.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert len(icpctl("list", cwd=here).out.splitlines()) == 202
    assert not [line for line in lines if "…" in line]
