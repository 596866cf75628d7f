"""What README and docs show is what happens: their `console` blocks are run on a terminal."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.process import ROOT, on_terminal

if TYPE_CHECKING:
    from pathlib import Path

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
BLOCKS = [
    pytest.param(block, id=f"{page.name}: {block.splitlines()[0][:60]}")
    for page in PAGES
    for block in BLOCK.findall(page.read_text("utf-8"))
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the samples, as in a fresh clone."""
    for name in ("sample_configs", "sample_visitors"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS)
def test_example(block: str, folder: Path) -> None:
    commands = re.split(r"^\$ ", block, flags=re.M)[1:]
    shown = ""  # Rich fills lines with spaces
    for text in commands:
        command = text.partition("\n")[0]
        seen = on_terminal(command, cwd=folder)
        shown += f"$ {command}\n" + re.sub(" +$", "", seen, flags=re.M)
    assert shown == block


def test_there_are_examples() -> None:
    assert BLOCKS


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_design_names_files_that_exist_and_is_short() -> None:
    text = (ROOT / "docs/design.md").read_text("utf-8")
    assert len(text.split()) <= 1500
    named = {name for name in re.findall(r"`([a-z_/.]+\.(?:py|c|h|md))`", text) if "/" in name}
    assert len(named) > 30
    roots = (ROOT, ROOT / "icpctl")
    assert not [name for name in named if not any((root / name).exists() for root in roots)]
