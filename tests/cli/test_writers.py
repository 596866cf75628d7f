"""Everything that writes files, tried with all that can go wrong with the files: one row each."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.calls import KILLED
from tests.config.marked import RULES
from tests.long import LARGEST, long
from tests.process import COMMAND, environment, server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.calls import Calls


@dataclass(frozen=True, slots=True)
class Writer:
    """A call that writes `target`; in `words` it is `{}`. `makes` says whether it is an output."""

    words: str
    target: str

    def args(self, target: str | None = None) -> list[str]:
        name = self.target if target is None else target
        return [word.replace("{}", name) for word in self.words.split()]


OUTPUTS = {
    writer.words.split()[0] + writer.target: writer
    for writer in [
        Writer("score v.jsonl --mapping m.yaml --out {}", "out.jsonl"),
        Writer("score v.jsonl --mapping m.yaml --out {}", "out.csv"),
        Writer("score v.jsonl --mapping m.yaml --out {}", "out.parquet"),
        Writer("score v.jsonl --mapping m.yaml --config a --rejects {}", "rejects.jsonl"),
        Writer("score v.jsonl --mapping m.yaml --near-misses {}", "near.jsonl"),
        Writer("score v.jsonl --mapping m.yaml --report {}", "report.html"),
        Writer("stats v.jsonl --mapping m.yaml --report {}", "report.md"),
        Writer("insight v.jsonl --mapping m.yaml --report {}", "report.html"),
        Writer("impact v.jsonl --mapping m.yaml --base-dir base --report {}", "report.html"),
        Writer("outcomes v.jsonl --mapping m.yaml --won won.csv --on id=id --missed {}", "m.jsonl"),
        Writer("outcomes v.jsonl --mapping m.yaml --won won.csv --on id=id --report {}", "o.html"),
        Writer("rollup v.jsonl --mapping m.yaml --by id --out {}", "visitors.jsonl"),
        Writer("rollup v.jsonl --mapping m.yaml --by id --out u.jsonl --rejects {}", "no.jsonl"),
        Writer("sql --dialect duckdb --table visitors --out {}", "icp.sql"),
        Writer("prove --witnesses {}", "witnesses.jsonl"),
    ]
}
FILLED = {
    name: writer for name, writer in OUTPUTS.items() if not re.search("near|missed", writer.words)
}
"""Those that write more than nothing of `READ`."""

FIRST = {writer.words.split()[0]: name for name, writer in reversed(FILLED.items())}
"""The first of each command, which a quick run tries; another format is written alike."""


def once(writers: dict[str, Writer]) -> pytest.MarkDecorator:
    others = FILLED.keys() - FIRST.values()
    marks = {name: long if name in others else () for name in writers}
    cases = [pytest.param(it, id=name, marks=marks[name]) for name, it in writers.items()]
    return pytest.mark.parametrize("writer", cases)


EDITS = {
    "create": ["create", "new", "--where", "city exists"],
    "update": ["update", "a", "--priority", "5"],
    "update --file": ["update", "a", "--file", "body.json"],
    "apply": ["apply", "wanted", "--prune", "--yes"],
    "delete": ["delete", "a", "b", "--yes"],
}
READ = {
    "v.jsonl": '{"id": "1", "industry": "SaaS"}\n{"id": \n',
    "m.yaml": "industry: industry\nid: id\n",
    "won.csv": "id\n1\n",
    "body.json": '{"priority": 5, "isActive": null}',
    "icpctl.toml": 'dir = "icp_configs"\n',
    "icp_configs/a.yaml": f"label: A\npriority: 1\n{RULES}",
    "icp_configs/b.yaml": f"label: B\nisActive: false\n{RULES}",
    "icp_configs/a.test.yaml": "tests:\n  - visitor: {industry: SaaS}\n    match: true\n",
    "icp_configs/tests/b.test.yaml": "tests:\n  - visitor: {industry: SaaS}\n    match: true\n",
    "icp_configs/lists/names.txt": "SaaS\n",
    "icp_configs/fields.yaml": "{}\n",
    "base/a.yaml": f"label: Before\n{RULES}",
    "wanted/a.json": json.dumps({"label": "W", "rules": {"groups": [
        {"operator": "OR", "conditions": [{"type": "city", "comparator": "exists"}]}]}}),
}  # fmt: skip


@pytest.fixture
def call() -> Calls:
    return server()


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return fill(tmp_path / "here")


def fill(folder: Path) -> Path:
    for name, text in READ.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def skip_without(writer: Writer) -> None:
    if writer.words.startswith("prove"):
        pytest.importorskip("z3")
    if writer.words.startswith("sql"):
        pytest.importorskip("sqlglot")


def refused(call: Calls, here: Path, writer: Writer, target: str, **options: int) -> None:
    skip_without(writer)
    before = files(here)
    ended = call(*writer.args(target), cwd=here, **options)
    assert ended.code == 2, ended
    assert len(re.findall(r"(?m)^(\S+: )?[eE]rror: ", ended.err)) == 1
    assert "Traceback" not in ended.err
    assert files(here) == before


@long
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
def test_nothing_that_is_read_is_overwritten(call: Calls, here: Path, writer: Writer) -> None:
    """Also not by another name: every target is a link, since only some names are taken."""
    for number, name in enumerate(READ):
        if name.startswith("wanted") or (name.startswith("base") and "base" not in writer.words):
            continue
        if name not in writer.words and "/" not in name and name != "icpctl.toml":
            continue
        if writer.words.startswith("rollup") and name not in writer.words:
            continue  # which reads no configs
        link = f"link-{number}{os.path.splitext(writer.target)[1]}"
        (here / link).symlink_to(name)
        refused(call, here, writer, link)
        if os.path.splitext(name)[1] == os.path.splitext(writer.target)[1]:
            refused(call, here, writer, name)


@long
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
@pytest.mark.parametrize("trick", ["empty", "folder", "missing", "loop", "foreign"])
def test_paths_that_cannot_be_written(call: Calls, here: Path, writer: Writer, trick: str) -> None:
    match trick:
        case "empty":
            refused(call, here, writer, "")
        case "folder":
            (here / writer.target).mkdir()
            refused(call, here, writer, writer.target)
        case "missing":
            refused(call, here, writer, f"nowhere/{writer.target}")
        case "loop":
            (here / writer.target).symlink_to(writer.target)
            refused(call, here, writer, writer.target)
        case "foreign":
            foreign_link(here, writer)
            refused(call, here, writer, f"shared/{writer.target}")


def foreign_link(here: Path, writer: Writer) -> None:
    """Another user's link to a file of ours, in a folder that everybody may write."""
    if os.geteuid():
        pytest.skip("only the administrator gives links away")
    (here / "shared").mkdir()
    (here / "shared").chmod(0o1777)
    (here / "precious").write_text("mine")
    (here / "shared" / writer.target).symlink_to(here / "precious")
    os.lchown(here / "shared" / writer.target, 4711, 4711)


@once(OUTPUTS)
def test_of_a_link_the_target_is_replaced(call: Calls, here: Path, writer: Writer) -> None:
    skip_without(writer)
    (here / "deep").mkdir()
    (here / "deep/target").write_text("old")
    (here / "deep/target").chmod(0o640)
    (here / writer.target).symlink_to("deep/target")
    ended = call(*writer.args(), cwd=here)
    assert ended.code in (0, 1), ended
    assert (here / writer.target).is_symlink()
    assert (here / "deep/target").read_bytes() != b"old"
    assert (here / "deep/target").stat().st_mode & 0o777 == 0o640
    assert os.listdir(here / "deep") == ["target"]


@once(FILLED)
def test_a_full_disk_keeps_the_old_file(call: Calls, here: Path, writer: Writer) -> None:
    (here / writer.target).write_text("old")
    refused(call, here, writer, writer.target, room=1)


@pytest.mark.parametrize("args", [args for args in EDITS.values() if args[0] != "delete"])
def test_an_edit_on_a_full_disk_changes_nothing(call: Calls, here: Path, args: list[str]) -> None:
    before = files(here)
    ended = call(*args, cwd=here, room=1)
    assert ended.code == 2, ended
    assert "cannot write it: File too large" in ended.err
    assert files(here) == before


@long
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
def test_a_mounted_file_is_found_before_the_work(
    here: Path, writer: Writer, tmp_path: Path
) -> None:
    skip_without(writer)
    (here / writer.target).write_text("old")
    (tmp_path / "mounted").write_text("old")
    mount = ["unshare", "--mount", "bash", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"']
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("only the administrator mounts")
    able = [*mount, str(tmp_path / "mounted"), str(here / writer.target), "true"]
    if subprocess.run(able, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    ended = subprocess.run(
        [*able[:-1], *COMMAND, *writer.args()],
        cwd=here,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2, ended
    assert "mount point" in ended.stderr
    assert (here / writer.target).read_text() == "old"
    assert [name for name in os.listdir(here) if name.startswith(".")] == []


@long
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
def test_a_folder_that_is_read_only(here: Path, writer: Writer) -> None:
    skip_without(writer)
    (here / "closed").mkdir()
    (here / "closed" / writer.target).write_text("old")
    (here / "closed").chmod(0o555)
    command = [*COMMAND, *writer.args(f"closed/{writer.target}")]
    if os.geteuid() == 0:  # who may write everywhere
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    if not shutil.which(command[0]):
        pytest.skip("the administrator writes everywhere, and there is no setpriv")
    ended = subprocess.run(
        command, cwd=here, env=environment(), capture_output=True, text=True, check=False
    )
    (here / "closed").chmod(0o755)
    assert ended.returncode == 2, ended
    assert "Permission denied" in ended.stderr
    assert os.listdir(here / "closed") == [writer.target]


def killed(call: Calls, tmp_path: Path, args: list[str], old: str) -> Iterator[dict[str, bytes]]:
    """The files after each change of files that a call makes; where it ends well, the last ones."""
    for change in range(1, 200):
        folder = fill(tmp_path / f"killed-{change}")
        if old:
            (folder / old).write_text("old")
        ended = call(*args, cwd=folder, kill_at=change)
        yield files(folder)
        if ended.code != KILLED:
            assert ended.code in (0, 1), ended
            return
    raise AssertionError("it never ends")


@long
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
def test_a_kill_leaves_the_old_file_or_the_new_one(
    call: Calls, tmp_path: Path, writer: Writer
) -> None:
    skip_without(writer)
    states = list(killed(call, tmp_path, writer.args(), writer.target))
    texts = [state[writer.target] for state in states]
    at = texts.index(texts[-1]) if "html" not in writer.target else len(texts) - 1
    assert len(states) > 2
    assert set(texts[:at]) <= {b"old"}
    for state in states:
        assert {name: state[name].decode() for name in READ} == READ
        assert all(name.startswith(".") for name in {*state} - {*READ, writer.target, "u.jsonl"})


@long
@pytest.mark.parametrize("args", EDITS.values(), ids=EDITS)
def test_a_kill_in_an_edit_loses_nothing(call: Calls, tmp_path: Path, args: list[str]) -> None:
    """Each config is as before or as after; one that moves to another file is in either."""
    *states, last = killed(call, tmp_path, args, "")
    first = {name: text.encode() for name, text in READ.items()}
    assert states
    for state in states:
        for name in {*first, *last}:
            assert state.get(name) in (first.get(name), last.get(name))
        if args[0] == "apply":
            assert {"icp_configs/a.yaml", "icp_configs/a.json"} & set(state)
    for state in [*states, last]:
        others = {name for name in state if name not in first and name not in last}
        assert all(name.split("/")[-1].startswith(".") for name in others)
    assert not any(".icpctl-" in name for name in last)


@long
@pytest.mark.parametrize("writer", FILLED.values(), ids=FILLED)
def test_two_at_once_leave_one_whole_file(call: Calls, here: Path, writer: Writer) -> None:
    skip_without(writer)
    command = [*COMMAND, *writer.args()]
    started = [
        subprocess.Popen(
            command, cwd=here, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    ended = [(process.communicate()[1], process.returncode) for process in started]
    assert all(code in (0, 1) for _, code in ended), ended
    left = {*files(here)} - {*READ}
    assert left <= {writer.target, "u.jsonl", "icp.yml"}
    assert (here / writer.target).read_bytes() or writer.target in ("rejects.jsonl", "no.jsonl")


@pytest.mark.skipif(not LARGEST, reason="ICPCTL_LONG=all asks for it")
@pytest.mark.parametrize("writer", OUTPUTS.values(), ids=OUTPUTS)
def test_fifty_kills_at_random_moments(here: Path, writer: Writer) -> None:
    skip_without(writer)
    as_of = ["--as-of", "2026-01-01"] if writer.words.startswith(("score", "insight")) else []
    command = [*COMMAND, *writer.args(), *as_of]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    begun = time.monotonic()
    subprocess.run(command, cwd=here, env=environment(), check=False, **quiet)
    takes, whole = time.monotonic() - begun, (here / writer.target).read_bytes()
    chance = random.Random(writer.target)
    for _ in range(50):
        (here / writer.target).write_text("old")
        with subprocess.Popen(command, cwd=here, env=environment(), **quiet) as process:
            time.sleep(chance.uniform(0, takes))
            process.kill()
        left = (here / writer.target).read_bytes()
        assert left in (b"old", whole) or (len(left) > 100 and left[-20:] == whole[-20:])
        assert {name: (here / name).read_text() for name in READ} == READ
