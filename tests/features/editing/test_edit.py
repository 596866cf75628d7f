"""`edit` with editors that are scripts: what is valid is kept, what was typed is never lost."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.config.marked import RULES
from tests.process import Ended, icpctl

BEFORE = "# why\nlabel: Big\n" + RULES
JSON = (
    '{"label": "A", "rules": {"groups": [{"operator": "OR", '
    '"conditions": [{"type": "city", "comparator": "exists"}]}]}}\n'
)
EDITOR = """
import pathlib, sys
path, log = pathlib.Path(sys.argv[-1]), pathlib.Path("log")
seen = path.read_bytes()
turn = len(list(pathlib.Path().glob("seen-*")))
pathlib.Path(f"seen-{turn}").write_bytes(seen)
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with a YAML and a JSON config."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs/big.yaml").write_text(BEFORE)
    (tmp_path / "icp_configs/a.json").write_text(JSON)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def edit(here: Path, *turns: str, slug: str = "big", **env: str) -> Ended:
    """Edit with a script that does one of these things to `text` each time it is opened."""
    script = EDITOR + "text = seen.decode()\n"
    for number, turn in enumerate(turns):
        script += f"if turn == {number}:\n    {turn}\n"
    script += "path.write_bytes(text.encode())\n"
    (here / "editor.py").write_text(script, "utf-8")
    command = shlex.join([sys.executable, str(here / "editor.py")])
    env = {"EDITOR": command, "VISUAL": "", "TMPDIR": str(here / "tmp"), **env}
    return icpctl("edit", slug, cwd=here, **env)


def seen(here: Path, turn: int) -> str:
    return (here / f"seen-{turn}").read_bytes().decode()


def now(here: Path) -> str:
    return (here / "icp_configs/big.yaml").read_text("utf-8")


def left_over(here: Path) -> list[Path]:
    return list((here / "tmp").iterdir())


def test_what_is_valid_is_kept(here: Path) -> None:
    ended = edit(here, "text = text.replace('Big', 'Größer')")
    assert ended == (0, "", "updated icp_configs/big.yaml\n")
    assert now(here) == BEFORE.replace("Big", "Größer")
    assert (seen(here, 0), left_over(here)) == (BEFORE, [])


def test_visual_goes_before_editor(here: Path) -> None:
    ended = edit(here, "text = text.replace('Big', 'B')", VISUAL="false")
    assert (ended.code, now(here)) == (2, BEFORE)


@pytest.mark.parametrize(
    "turn", ["pass", "text = ''", "text = ' \\n'", "path.unlink(); sys.exit()"]
)
def test_unchanged_or_emptied_cancels(here: Path, turn: str) -> None:
    ended = edit(here, turn)
    assert ended == (0, "", "unchanged: icp_configs/big.yaml\n")
    assert (now(here), left_over(here)) == (BEFORE, [])


def test_findings_stand_on_top_until_it_is_valid(here: Path) -> None:
    ended = edit(
        here,
        "text = text.replace('AND', 'and').replace('Big', '\"\"')",
        "text = text.replace('and', 'AND')",
        "text = text.replace('\"\"', 'B')",
    )
    assert ended.code == 0, ended.err
    first = seen(here, 1).splitlines()
    assert first[0].startswith("# icpctl: not valid yet")
    for line in first:
        if found := re.match(r"# icpctl: line (\d+), column (\d+): .*\[(ICP\d+)\]$", line):
            place = first[int(found[1]) - 1][int(found[2]) - 1 :]
            assert place == {"ICP105": '""', "ICP204": "and"}[found[3]]
    assert sum("[ICP" in line for line in first) == 2
    assert sum("[ICP" in line for line in seen(here, 2).splitlines()) == 1
    assert now(here) == BEFORE.replace("Big", "B")
    assert left_over(here) == []


def test_json_is_edited_too(here: Path) -> None:
    ended = edit(
        here,
        "text = text.replace('\"OR\"', '\"or\"')",
        "text = text.replace('\"or\"', '\"AND\"')",
        slug="a",
    )
    assert ended.code == 0, ended.err
    assert seen(here, 1).startswith("// icpctl: ")
    assert (here / "icp_configs/a.json").read_text() == JSON.replace("OR", "AND")


def test_what_is_not_valid_can_be_mended(here: Path) -> None:
    (here / "icp_configs/bad.yaml").write_text("label: [\n")
    ended = edit(here, f"text = {BEFORE!r}", slug="bad")
    assert ended.code == 0, ended.err
    assert (here / "icp_configs/bad.yaml").read_text() == BEFORE


def kept(here: Path, ended: Ended) -> str:
    """What was typed, which is where the error says."""
    assert ended.code == 2
    assert ended.out == ""
    found = re.search(r"your text is kept in (\S+)$", ended.err, re.MULTILINE)
    assert found, ended.err
    return Path(found[1]).read_text("utf-8")


def test_who_gives_up_finds_the_text_again(here: Path) -> None:
    ended = edit(here, "text = text.replace('AND', 'and') + '# typed'", "pass")
    assert "it is still not valid" in ended.err
    place = re.search(r"^(\S+):(\d+):(\d+): error\[ICP204\]", ended.err, re.MULTILINE)
    assert place
    lines = Path(place[1]).read_text().splitlines()
    assert lines[int(place[2]) - 1][int(place[3]) - 1 :] == "and"
    assert f"{place[2]} |     - operator: and\n" in ended.err
    assert kept(here, ended).endswith("# typed")
    assert now(here) == BEFORE


def test_an_emptied_second_try_cancels(here: Path) -> None:
    ended = edit(here, "text = text.replace('AND', 'and')", "text = ''")
    assert (ended.code, now(here), left_over(here)) == (0, BEFORE, [])


def test_an_editor_that_fails_loses_nothing(here: Path) -> None:
    ended = edit(here, "path.write_text(text + '# typed'); sys.exit(3)")
    assert "ended with 3" in ended.err
    assert kept(here, ended) == BEFORE + "# typed"
    assert now(here) == BEFORE


def test_ctrl_c_belongs_to_the_editor(here: Path) -> None:
    interrupt = "import os, signal; os.kill(os.getppid(), signal.SIGINT); text += '# typed'"
    assert edit(here, interrupt).code == 0
    assert now(here) == BEFORE + "# typed"


def test_a_file_that_changed_meanwhile_is_not_overwritten(here: Path) -> None:
    other = "pathlib.Path('icp_configs/big.yaml').write_text('# theirs'); text += '# typed'"
    ended = edit(here, other)
    assert "icp_configs/big.yaml was changed in the meantime" in ended.err
    assert kept(here, ended) == BEFORE + "# typed"
    assert now(here) == "# theirs"


def test_a_folder_that_vanished_loses_nothing(here: Path) -> None:
    ended = edit(here, "import shutil; shutil.rmtree('icp_configs'); text += '# typed'")
    assert kept(here, ended) == BEFORE + "# typed"


@pytest.mark.parametrize("editor", ["no-such-editor-x", "'", "  "])
def test_an_editor_that_cannot_be_run(here: Path, editor: str) -> None:
    ended = edit(here, "pass", EDITOR=editor)
    assert ended.code == 2
    assert "name one in VISUAL or EDITOR" in ended.err
    assert left_over(here) == []


def test_an_unknown_slug(here: Path) -> None:
    ended = edit(here, "pass", slug="bigg")
    assert (ended.code, left_over(here)) == (2, [])
    assert "did you mean big?" in ended.err
