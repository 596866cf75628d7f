"""What README and docs show is what happens: their `console` blocks are run on a terminal.

`python -m tests.test_docs [PAGE...]` writes into the pages what the commands print now.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tests.long import long
from tests.process import ROOT, on_terminal

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.M | re.S)
HEADING = re.compile(r"(?=^## )", re.M)
SECTIONS = [
    pytest.param(blocks, id=f"{page.name}: {blocks[0].splitlines()[0][:60]}")
    for page in PAGES
    for section in HEADING.split(page.read_text("utf-8"))
    if (blocks := BLOCK.findall(section))
]


def fresh_clone(folder: Path) -> Path:
    """Make a folder with the samples, as in a fresh clone."""
    for name in ("sample_configs", "sample_visitors"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def shown(block: str, folder: Path) -> str:
    """Run the commands of a block in a folder; return the block as a terminal shows it."""
    text = ""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command = part.partition("\n")[0]
        seen = on_terminal(command, cwd=folder)
        seen = re.sub(r"^(wrote .* in )[\d,.]+ s$", r"\g<1>0.4 s", seen, flags=re.M)
        text += f"$ {command}\n" + re.sub(" +$", "", seen, flags=re.M)  # Rich fills lines
    return text


@long
@pytest.mark.parametrize("blocks", SECTIONS)
def test_examples_of_a_section(blocks: list[str], tmp_path: Path) -> None:
    """Each block of a section goes on where the block before it ended."""
    folder = fresh_clone(tmp_path)
    for block in blocks:
        assert shown(block, folder) == block


def test_there_are_examples() -> None:
    assert SECTIONS


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in headings}


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for name, anchor in re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", page.read_text("utf-8")):
            target = page.parent / name if name else page
            assert target.exists(), f"{page.name}: {name}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {name}#{anchor}"


def test_docs_have_a_map() -> None:
    """The first page of the docs leads to every other one."""
    links = re.findall(r"\]\(([^)#:]+)", (ROOT / "docs" / "README.md").read_text("utf-8"))
    assert {page.name for page in PAGES} <= {Path(link).name for link in links} | {"README.md"}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 180


def test_design_names_files_that_exist_and_is_short() -> None:
    text = (ROOT / "docs/design.md").read_text("utf-8")
    assert len(text.split()) <= 1500
    named = {name for name in re.findall(r"`([a-z_/.]+\.(?:py|c|h|md))`", text) if "/" in name}
    assert len(named) > 30
    roots = (ROOT, ROOT / "icpctl")
    assert not [name for name in named if not any((root / name).exists() for root in roots)]


def refreshed(section: str) -> str:
    """Return a section whose blocks show what happens now."""
    with tempfile.TemporaryDirectory() as name:
        folder = fresh_clone(Path(name))
        return BLOCK.sub(lambda match: shown(match[0], folder), section)


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:] or map(str, PAGES)):
        sections = HEADING.split(page.read_text("utf-8"))
        page.write_text("".join(map(refreshed, sections)), "utf-8")
