"""Which scanner is used, and what is said of it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from icpctl.exports.scanner import NOTICE, new_scanner, notice
from icpctl.exports.scanner.python_scanner import PythonScanner
from icpctl.exports.scanner.scan_results import Wanted
from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
from icpctl.exports.scanner.scan_results import Block, Wanted
from icpctl.exports.scanner import new_scanner, notice
scanner = new_scanner([Wanted(("a",))])
scanner.scan_json(Block(b'{"A": 1}'), is_last=True)
print(type(scanner).__name__, scanner.columns(0)[0].data.tobytes(), bool(notice()))
"""


def _said(environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("", "NativeScanner b'1' False"),
        ("0", "PythonScanner b'1' False"),
        ("/nowhere/scan.so", "PythonScanner b'1' True"),
    ],
)
def test_the_environment_chooses(setting: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICPCTL_NATIVE", setting)
    if not setting:
        monkeypatch.delenv("ICPCTL_NATIVE")
    assert _said(dict(os.environ)) == said


def test_a_library_for_another_machine_is_not_used(tmp_path: Path) -> None:
    library = tmp_path / "scan.so"
    library.write_bytes(b"\x7fELF of something else")
    assert _said({**os.environ, "ICPCTL_NATIVE": str(library)}) == "PythonScanner b'1' True"


def test_a_path_may_be_wanted_once() -> None:
    with pytest.raises(ValueError, match="wanted twice"):
        new_scanner([Wanted(("a",)), Wanted(("a",))])


def test_a_path_may_not_be_endless() -> None:
    with pytest.raises(ValueError, match="more than 100 steps"):
        new_scanner([Wanted(("a",) * 101)])
    assert new_scanner([Wanted(("a",) * 100)])


def test_the_notice_says_what_to_do() -> None:
    assert "reinstall" in NOTICE
    assert notice() in (None, NOTICE)
    assert isinstance(PythonScanner([]).rows, int)


def test_it_is_said_once_that_visitors_are_read_in_python(tmp_path: Path) -> None:
    (tmp_path / "v.jsonl").write_text('{"id": "a"}\n' * 3)
    for setting, times in (("/nowhere/scan.so", 1), ("0", 0)):
        ended = icpctl("inspect", "v.jsonl", cwd=tmp_path, ICPCTL_NATIVE=setting)
        assert ended.err.count(NOTICE) == times
