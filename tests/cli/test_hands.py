"""What people do at a terminal, and what scripts do without one: nothing is lost, no answer is off.

Slips in options, files that look like configs, locales, closed streams, and signals.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from icpctl.features.editing.locking import locked
from icpctl.temporary_folders import temporary_folder
from tests.config.marked import RULES
from tests.long import long, some
from tests.process import COMMAND, environment, icpctl, on_terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

VALID = f"label: Zürich\n{RULES}"
TESTS = "tests:\n  - visitor: {industry: SaaS}\n    match: true\n"
PATHS = """
validate --dir
score v.jsonl --out
score v.jsonl --rejects
score v.jsonl --report
score v.jsonl --mapping
score v.jsonl --temp-dir
score
rollup v.jsonl --out
create --file
create x --rules
update a --file
apply
diff
apply a.yaml --dir
validate
sql --table t --out
prove --witnesses
impact v.jsonl --base-dir
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Configs a and b, the latter inactive, an export, and a new config beside them."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs/a.yaml").write_text(VALID, "utf-8")
    (tmp_path / "icp_configs/b.yaml").write_text("isActive: false\n" + VALID, "utf-8")
    (tmp_path / "v.jsonl").write_text('{"id": "1", "industry": "SaaS"}\n')
    (tmp_path / "new").mkdir()
    (tmp_path / "new/a.yaml").write_text(VALID, "utf-8")
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


# Slips in options


@pytest.mark.parametrize("words", PATHS.strip().split("\n"))
def test_an_empty_path_is_an_error(here: Path, words: str) -> None:
    """As an unset variable of the shell makes it: it never means the working folder."""
    (here / "package.json").write_text("{}")
    before = files(here)
    ended = icpctl(*words.split(" "), "", cwd=here)
    assert (ended.code, ended.out) == (2, ""), ended
    assert "the value is empty" in ended.err
    assert files(here) == before


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ("score v.jsonl --out a.csv --out b.csv", "--out"),
        ("score v.jsonl --as-of 2026-01-01 --as-of 2026-01-02", "--as-of"),
        ("list --dir a --dir b", "--dir"),
        ("list -o json --output yaml", "--output"),
        ("update a --priority 1 --priority 1", "--priority"),
    ],
)
def test_an_option_of_one_value_is_given_once(here: Path, words: str, option: str) -> None:
    before = files(here)
    ended = icpctl(*words.split(" "), cwd=here)
    assert ended.code == 2
    assert option in ended.err
    assert "given twice" in ended.err
    assert files(here) == before


def test_what_may_be_given_twice(here: Path) -> None:
    words = [
        "score",
        "v.jsonl",
        "--config",
        "a",
        "--config",
        "b",
        "--carry",
        "city",
        "--carry",
        "country",
        "--out",
        "m.csv",
    ]
    assert icpctl(*words, cwd=here).code == 0
    assert icpctl("delete", "a", "--yes", "--yes", cwd=here).code == 0


# What is removed


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("visitors.json", '[{"id": 1}]'),
        ("package.json", '{"name": "x"}'),
        ("compose.yaml", "services: {}\n"),
        ("half.yaml", "label: Half\n"),
        ("rules.yaml", f"{RULES}"),
        ("broken.yaml", "label: [\n"),
        ("empty.yml", ""),
    ],
)
def test_a_file_that_does_not_hold_a_config_is_named_and_left(
    here: Path, name: str, text: str
) -> None:
    other = here / "icp_configs" / name
    other.write_text(text)
    ended = icpctl("apply", "new", "--prune", "--yes", cwd=here)
    assert ended.code == 0, ended
    assert f"left icp_configs/{name}, which does not hold a config\n" in ended.err
    assert sorted(files(here / "icp_configs")) == sorted(["a.yaml", name])
    ended = icpctl("delete", "a", other.stem, "--yes", cwd=here)
    assert ended.code == 2
    assert f"icp_configs/{name}: error: this file does not hold a config" in ended.err
    assert sorted(files(here / "icp_configs")) == sorted(["a.yaml", name])


def test_what_is_meant_as_a_config_is_removed_though_not_valid(here: Path) -> None:
    (here / "icp_configs/bad.yaml").write_text("label: ''\nrules: {groups: []}\n")
    assert icpctl("delete", "bad", "--yes", cwd=here).code == 0
    assert not (here / "icp_configs/bad.yaml").exists()


@pytest.mark.parametrize("command", ["delete b --yes", "apply new --prune --yes"])
def test_tests_go_with_their_config(here: Path, command: str) -> None:
    folder = here / "icp_configs"
    (folder / "tests").mkdir()
    for name in ("a.test.yaml", "b.test.yaml", "tests/b.test.yml", "tests/bb.test.yaml"):
        (folder / name).write_text(TESTS)
    if command.startswith("apply"):
        ended = icpctl(*command.split(" "), "--dry-run", cwd=here)
        assert "would delete icp_configs/tests/b.test.yml\n" in ended.err
        assert len(files(folder)) == 6
    ended = icpctl(*command.split(" "), cwd=here)
    assert ended.code == 0, ended
    for name in ("b.test.yaml", "tests/b.test.yml"):
        assert f"deleted icp_configs/{name}\n" in ended.err
    assert sorted(files(folder)) == ["a.test.yaml", "a.yaml", "tests/bb.test.yaml"]


def test_an_orphaned_test_is_reported_and_the_rest_runs(here: Path) -> None:
    (here / "icp_configs/a.test.yaml").write_text(TESTS)
    (here / "icp_configs/aa.test.yaml").write_text(TESTS)
    ended = icpctl("test", "-o", "json", cwd=here)
    assert ended.code == 1, ended
    body = json.loads(ended.out)
    [warning] = body["warnings"]
    assert warning["file"] == "icp_configs/aa.test.yaml"
    assert "no config 'aa'" in warning["message"]
    assert icpctl("test", "a", cwd=here).code == 0
    (here / "icp_configs/a.test.yaml").unlink()
    ended = icpctl("test", cwd=here)
    assert (ended.code, "no tests in" in ended.err) == (2, True)


# Names that are never configs or organizations


def test_reserved_names(here: Path) -> None:
    folder = here / "icp_configs"
    for name in ("lists", "tests", "acme"):
        (folder / name).mkdir()
        (folder / name / "x.yaml").write_text(VALID, "utf-8")
    (folder / "fields.yaml").write_text("{}\n")
    assert icpctl("list", "--all-orgs", "-o", "name", cwd=here).out.split() == ["a", "b", "acme/x"]
    assert icpctl("list", "-o", "name", cwd=here).code == 0
    for org in ("lists", "tests"):
        assert "cannot name an organization" in icpctl("list", "--org", org, cwd=here).err
    for args in (["get", "fields"], ["delete", "fields", "--yes"]):
        assert "no config 'fields'" in icpctl(*args, cwd=here).err
    ended = icpctl("create", "fields", "--where", "city exists", cwd=here)
    assert (ended.code, "cannot be a config" in ended.err) == (2, True)
    assert (folder / "fields.yaml").read_text() == "{}\n"


@pytest.mark.parametrize("args", [["delete", "a", "--yes"], ["apply", "new", "--prune", "--yes"]])
def test_tests_behind_a_link_out_of_the_folder_are_left(here: Path, args: list[str]) -> None:
    (here / "elsewhere").mkdir()
    (here / "elsewhere/b.test.yaml").write_text(TESTS)
    (here / "elsewhere/a.test.yaml").write_text(TESTS)
    (here / "icp_configs/tests").symlink_to("../elsewhere")
    assert icpctl(*args, cwd=here).code == 0
    assert len(files(here / "elsewhere")) == 2


# What is checked


def test_the_same_file_is_checked_once(here: Path) -> None:
    for paths in (
        ["icp_configs/a.yaml", "./icp_configs/a.yaml", str(here / "icp_configs/a.yaml")],
        ["icp_configs/../icp_configs/a.yaml", "icp_configs/a.yaml"],
    ):
        ended = icpctl("validate", *paths, "-o", "json", cwd=here)
        assert json.loads(ended.out)["files"] == 1
    (here / "icp_configs/acme").mkdir()
    (here / "icp_configs/acme/c.yaml").write_text(VALID, "utf-8")
    for paths in (
        ["icp_configs", "./icp_configs/", "icp_configs/./a.yaml"],
        ["icp_configs", "icp_configs/acme", "icp_configs/acme/c.yaml"],
        ["icp_configs/acme", str(here / "icp_configs")],
    ):
        ended = icpctl("validate", *paths, "-o", "json", cwd=here)
        assert json.loads(ended.out)["files"] == 3
    (here / "icp_configs/link.yaml").symlink_to("a.yaml")  # another name is another config
    ended = icpctl(
        "validate", "icp_configs/a.yaml", "icp_configs/link.yaml", "-o", "json", cwd=here
    )
    assert json.loads(ended.out)["files"] == 2


def test_a_call_that_finds_no_file_to_check_warns(here: Path) -> None:
    (here / "nothing").mkdir()
    for args in (["nothing"], ["--dir", "nothing"]):
        ended = icpctl("validate", *args, cwd=here)
        assert ended.code == 0
        assert "warning: no config file to check" in ended.err
        assert icpctl("validate", *args, "--strict", cwd=here).code == 1
    assert icpctl("validate", "--strict", "new", cwd=here).code == 0


@pytest.mark.parametrize("marker", ["folder", "file"])
def test_paths_for_code_hosting_begin_at_the_repository(tmp_path: Path, marker: str) -> None:
    if marker == "folder":
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_text("gitdir: elsewhere\n")
    here = tmp_path / "services/gtm"
    (here / "icp_configs").mkdir(parents=True)
    (here / "icp_configs/bad.yaml").write_text("label: ''\n" + RULES)
    (here / "icp_configs/good.yaml").write_text("label: G\n" + RULES)
    (here / "icp_configs/good.test.yaml").write_text(TESTS.replace("true", "false"))
    path = "services/gtm/icp_configs/bad.yaml"
    for args in ([], [here / "icp_configs"], ["../gtm/icp_configs/bad.yaml"]):
        annotations = icpctl("validate", *args, "-o", "github", cwd=here).out
        assert annotations.startswith(f"::error file={path},line=1,col=8,")
        log = json.loads(icpctl("validate", *args, "-o", "sarif", cwd=here).out)
        [location] = log["runs"][0]["results"][0]["locations"]
        assert location["physicalLocation"]["artifactLocation"] == {"uri": path}
    assert icpctl("validate", "gtm", "-o", "github", cwd=here.parent).out.startswith("::")
    (here / "icp_configs/bad.yaml").unlink()
    failed = icpctl("test", "-o", "github", cwd=here)
    assert failed.out.startswith("::error file=services/gtm/icp_configs/good.test.yaml,")


def test_a_repository_below_the_working_folder_counts_for_its_files(tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    (tmp_path / "repo/configs").mkdir()
    (tmp_path / "repo/configs/bad.yaml").write_text("label: ''\n" + RULES)
    annotations = icpctl("validate", "repo/configs", "-o", "github", cwd=tmp_path).out
    assert annotations.startswith("::error file=configs/bad.yaml,")


# Streams


@pytest.mark.parametrize("encoding", some(["latin-1", "ascii", "cp1252", "utf-16"]))
@pytest.mark.parametrize(
    "words",
    some(
        [
            "list -o json",
            "list -o yaml",
            "get a",
            "get a -o json",
            "validate -o junit",
            "validate -o json",
            "schema",
            "test -o junit",
            "score v.jsonl --out -",
            "impact v.jsonl --base-dir new -o markdown",
            "diff new --prune",
        ]
    ),
)
def test_what_programs_read_is_utf_8_whatever_the_locale(
    here: Path, words: str, encoding: str
) -> None:
    (here / "icp_configs/a.test.yaml").write_text(
        "tests: [{visitor: {}, match: true, name: Ü}]", "utf-8"
    )
    (here / "v.jsonl").write_text('{"id": "Zoë"}\n', "utf-8")
    outputs = [
        subprocess.run(
            [*COMMAND, *words.split(" "), *(["--as-of", "2026-01-01"] * words.startswith("score"))],
            cwd=here,
            env=environment(PYTHONUTF8="0", PYTHONIOENCODING=name, LC_ALL="C"),
            capture_output=True,
            check=False,
        )
        for name in ("utf-8", encoding)
    ]
    assert outputs[0].stdout == outputs[1].stdout != b""
    text = outputs[1].stdout.decode("utf-8")
    if words.endswith((" json", "schema")):
        json.loads(text)
    if "junit" in words:
        ElementTree.fromstring(outputs[1].stdout)


@long
@pytest.mark.parametrize(
    "words", ["list", "list -o json", "get a", "score v.jsonl", "score v.jsonl --out -", "schema"]
)
def test_results_for_a_closed_stdout_are_an_error(here: Path, words: str) -> None:
    shell = f"{sys.executable} -m icpctl {words} >&-"
    ended = subprocess.run(
        ["bash", "-c", shell], cwd=here, env=environment(), capture_output=True, check=False
    )
    assert ended.returncode == 2
    assert b"error: stdout is closed, so the results cannot be printed\n" in ended.stderr


def test_what_prints_nothing_needs_no_stdout(here: Path) -> None:
    shell = f"{sys.executable} -m icpctl delete a --yes >&-"
    ended = subprocess.run(
        ["bash", "-c", shell], cwd=here, env=environment(), capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, b"deleted icp_configs/a.yaml\n")


@pytest.mark.parametrize("words", ["--help", "score --help", "--version"])
def test_help_into_a_closed_pipe_is_quiet(here: Path, words: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    ended = subprocess.run(
        [*COMMAND, *words.split(" ")],
        cwd=here,
        env=environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(theirs)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_width_of_0_is_not_known(here: Path) -> None:
    shown = on_terminal("icpctl list", cwd=here, COLUMNS="0")
    assert shown.splitlines()[1].split()[0] == "a"


# Editors


def test_an_editor_without_a_terminal_reads_the_end(here: Path) -> None:
    """Stdin is a pipe into which nobody ever writes."""
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb"), os.fdopen(ours, "rb") as nothing:
        ended = subprocess.run(
            [*COMMAND, "edit", "a"],
            cwd=here,
            env=environment(EDITOR="sh -c cat", VISUAL=""),
            stdin=nothing,
            capture_output=True,
            timeout=60,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (0, b"")
    assert ended.stderr == b"unchanged: icp_configs/a.yaml\n"


def test_without_a_terminal_no_editor_is_guessed(here: Path) -> None:
    ended = icpctl("edit", "a", cwd=here, EDITOR="", VISUAL="")
    assert ended.code == 2
    assert "no terminal, and neither VISUAL nor EDITOR names an editor" in ended.err


@pytest.mark.parametrize("editor", ["~/bin/editor", "$HOME/bin/editor", "'${HOME}/bin/editor' -x"])
def test_an_editor_is_named_as_in_a_shell(here: Path, editor: str) -> None:
    script = here / "bin/editor"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\nfor file; do :; done\necho "# mine" >> "$file"\n')
    script.chmod(0o755)
    ended = icpctl("edit", "a", cwd=here, EDITOR=editor, VISUAL="", HOME=str(here))
    assert ended.code == 0, ended
    assert (here / "icp_configs/a.yaml").read_text("utf-8").endswith("# mine\n")


# Signals and locks


@long
@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_a_signal_leaves_no_copy_and_no_hidden_file(here: Path, number: signal.Signals) -> None:
    (here / "tmp").mkdir()
    (here / "out.jsonl").write_text("old")
    command = [*COMMAND, "score", "-", "--out", "out.jsonl"]
    with subprocess.Popen(
        command, cwd=here, env=environment(TMPDIR=str(here / "tmp")), stdin=subprocess.PIPE
    ) as process:
        assert process.stdin
        while not list(here.glob(".out*")):  # until it has begun
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.write(b'{"industry": "SaaS"}\n' * 1000)
        process.stdin.flush()
        while process.poll() is None:  # between two reads Python looks for no signal
            process.send_signal(number)
            time.sleep(0.1)
        assert process.returncode == 128 + number
    assert list((here / "tmp").iterdir()) == []
    assert (here / "out.jsonl").read_text() == "old"
    assert [path.name for path in here.iterdir() if path.name.startswith(".")] == []


@long
def test_who_is_not_to_be_hung_up_is_not(here: Path) -> None:
    script = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "os.execv(sys.executable, [sys.executable, '-m', 'icpctl', 'rollup', '-', '--by', 'id',"
        " '--out', 'out.jsonl'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=here, env=environment(), stdin=subprocess.PIPE
    ) as process:
        assert process.stdin
        while not list(here.glob(".out*")):
            assert process.poll() is None
            time.sleep(0.01)
        process.stdin.write(b'{"id": "1", "industry": "SaaS"}\n')
        process.send_signal(signal.SIGHUP)
        process.stdin.close()
        assert process.wait(60) == 0
    assert (here / "out.jsonl").exists()


@pytest.fixture
def left_over(tmp_path: Path) -> Iterator[Path]:
    """A temporary folder whose process was killed a while ago, as its time says."""
    script = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from icpctl.temporary_folders import temporary_folder\n"
        "with temporary_folder(Path(sys.argv[1])) as folder:\n"
        "    (folder / 'stdin-0').write_text('people')\n    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path], env=environment(), check=False)
    [folder] = tmp_path.iterdir()
    return folder


def test_what_a_kill_left_is_swept_up_when_it_is_stale(
    left_over: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = left_over.parent
    with temporary_folder(parent) as other:
        assert {*parent.iterdir()} == {left_over, other}  # it may be new, and not locked yet
        monkeypatch.setattr("icpctl.temporary_folders._STALE", 0)
        with temporary_folder(parent) as third:
            assert {*parent.iterdir()} == {other, third}
    assert list(parent.iterdir()) == []


@long
def test_after_a_second_it_is_said_who_holds_the_lock(here: Path) -> None:
    with locked(here / "icp_configs"):
        process = subprocess.Popen(
            [*COMMAND, "update", "a", "--priority", "1"],
            cwd=here,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stderr
        line = process.stderr.readline()
    assert process.communicate()[0]
    assert process.returncode == 0
    assert line.startswith("waiting for ")
    assert ", which is changing " in line
    assert line.endswith("icp_configs\n")
    if Path("/proc/locks").exists():
        assert f"process {os.getpid()} (" in line


def test_a_lock_that_is_free_says_nothing(here: Path) -> None:
    descriptor = os.open(here / "icp_configs", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    os.close(descriptor)
    ended = icpctl("update", "a", "--priority", "1", cwd=here)
    assert (ended.code, ended.err) == (0, "updated icp_configs/a.yaml\n")
