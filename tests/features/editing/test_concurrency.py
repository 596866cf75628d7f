"""Many processes that change one config: no update is lost, nobody reads half a file."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from icpctl import IcpctlError, Workspace
from icpctl.features.editing.changes import Changes
from icpctl.features.editing.writing import update
from tests.config.marked import RULES
from tests.long import long
from tests.process import ROOT, environment

if TYPE_CHECKING:
    from pathlib import Path

WRITERS, UPDATES, READERS = 20, 50, 2

WRITER = """
import sys
from pathlib import Path
from icpctl import Workspace
from icpctl.features.editing.changes import Changes
from icpctl.features.editing.writing import update
sys.stdin.readline()
for _ in range(int(sys.argv[2])):
    update(Workspace(Path(sys.argv[1])), "a", lambda it: Changes(priority=it.config.priority + 1))
"""
READER = """
import sys
import time
from pathlib import Path
from icpctl import Workspace
last, seen = 0, 0
sys.stdin.readline()
while last < int(sys.argv[2]):
    loaded = Workspace(Path(sys.argv[1])).load()
    assert not loaded.findings, loaded.findings
    [file] = loaded.configs
    assert file.config.priority >= last
    assert file.data.startswith(b"# kept") and file.data.endswith(b"# kept too\\n")
    last, seen = file.config.priority, seen + 1
    time.sleep(0.002)
assert seen
"""


@long
def test_twenty_writers_lose_no_update_and_readers_see_whole_files(tmp_path: Path) -> None:
    text = f"# kept\nlabel: A\npriority: 0 # and this\n{RULES}# kept too\n"
    (tmp_path / "a.yaml").write_text(text)
    total = WRITERS * UPDATES
    commands = [[WRITER, tmp_path, UPDATES]] * WRITERS + [[READER, tmp_path, total]] * READERS
    started = [
        subprocess.Popen(
            [sys.executable, "-c", *map(str, command)],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for command in commands
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[1].splitlines() for process in started]
    assert [process.returncode for process in started] == [0] * len(started)
    assert all(line.startswith("waiting for ") for lines in said for line in lines)
    assert (tmp_path / "a.yaml").read_text() == text.replace("priority: 0", f"priority: {total}")
    assert [it.name for it in tmp_path.iterdir()] == ["a.yaml"]


def test_of_two_who_saw_the_same_etag_one_wins(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("label: A\n" + RULES)
    workspace = Workspace(tmp_path)
    etag = workspace.get("a").etag
    update(workspace, "a", Changes(label="B"), if_match=etag)
    with pytest.raises(IcpctlError) as caught:
        update(workspace, "a", Changes(label="C"), if_match=etag)
    assert caught.value.code == "conflict"
    assert workspace.get("a").config.label == "B"


def test_a_killed_writer_leaves_no_lock(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("label: A\n" + RULES)
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\nfrom pathlib import Path\n"
            "from icpctl.features.editing.locking import locked\n"
            "with locked(Path(sys.argv[1])):\n print('held', flush=True)\n time.sleep(60)",
            str(tmp_path),
        ],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
    )
    assert holder.stdout
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.communicate()
    update(Workspace(tmp_path), "a", Changes(priority=1))
    assert [it.name for it in tmp_path.iterdir()] == ["a.yaml"]
