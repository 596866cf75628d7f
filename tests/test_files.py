"""Files that appear whole or not at all, one by one and several together."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpctl import IcpctlError, hidden_files
from icpctl import files as files_in_use
from icpctl.features.shared.file_changes import change_files, write_outputs
from icpctl.files import read_regular, replacing
from tests.process import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "abc":
        (tmp_path / name).write_text(name)
    return tmp_path


def found(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in sorted(folder.iterdir()) if path.is_file()}


def test_files_are_changed_together(folder: Path) -> None:
    (folder / "a").chmod(0o604)
    (folder / "link").symlink_to("b")
    change_files({folder / "a": b"A", folder / "link": b"B", folder / "new": b"N"}, [folder / "c"])
    assert found(folder) == {"a": "A", "b": "B", "link": "B", "new": "N"}
    assert (folder / "link").is_symlink()
    assert (folder / "a").stat().st_mode & 0o777 == 0o604
    assert (folder / "new").stat().st_mode & 0o111 == 0


def test_a_link_is_removed_and_not_its_target(folder: Path) -> None:
    (folder / "link").symlink_to("b")
    change_files({}, [folder / "link"])
    assert found(folder) == {"a": "a", "b": "b", "c": "c"}


@pytest.mark.parametrize(
    ("written", "removed"),
    [
        (["a", "none/x"], ["c"]),
        (["a"], ["c", "none"]),
        (["a"], ["c", "b", "none/x"]),
        ([], ["a", "none"]),
    ],
)
def test_nothing_is_changed_where_one_cannot_be(
    folder: Path, written: list[str], removed: list[str]
) -> None:
    with pytest.raises(IcpctlError) as caught:
        change_files({folder / name: b"X" for name in written}, [folder / it for it in removed])
    assert caught.value.where is not None
    assert "none" in caught.value.where.file
    assert found(folder) == {"a": "a", "b": "b", "c": "c"}
    assert sorted(os.listdir(folder)) == ["a", "b", "c"]


def test_a_file_in_the_place_of_a_folder_brings_back_what_was_removed(folder: Path) -> None:
    (folder / "d").mkdir()
    with pytest.raises(IcpctlError):
        change_files({folder / "d": b"D"}, [folder / "a"])
    assert found(folder) == {"a": "a", "b": "b", "c": "c"}


def test_replacing_keeps_permissions(folder: Path) -> None:
    (folder / "a").chmod(0o640)
    with replacing(folder / "a") as file:
        file.write(b"A")
    assert (folder / "a").read_text() == "A"
    assert (folder / "a").stat().st_mode & 0o777 == 0o640


CHANGES = ["link", "replace", "unlink"]


@pytest.mark.parametrize("call", CHANGES)
@pytest.mark.parametrize("number", range(6))
def test_whatever_fails_all_is_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    """The n-th call of the system fails, as on a disk that turns read only."""
    (folder / "link").symlink_to("b")
    real, left = getattr(os, call), [number]

    def failing(*args: Any, **options: Any) -> Any:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(30, "Read-only file system")
        return real(*args, **options)

    monkeypatch.setattr(os, call, failing)
    error = failure_of({folder / "b": b"B", folder / "new": b"N"}, [folder / "a", folder / "link"])
    visible = {name: text for name, text in found(folder).items() if name[0] != "."}
    if error is None:
        assert visible == {"b": "B", "c": "c", "new": "N"}
    else:
        assert error.code == "not_written"
        assert visible == {"a": "a", "b": "b", "c": "c", "link": "b"}
        assert (folder / "link").is_symlink()


def failure_of(written: dict[Path, bytes], removed: list[Path]) -> IcpctlError | None:
    try:
        change_files(written, removed)
    except IcpctlError as error:
        return error
    return None


def test_what_cannot_be_put_back_is_kept_and_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, left = os.replace, [1]

    def failing(*args: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(30, "Read-only file system")
        real(*args)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(IcpctlError) as caught:
        change_files({folder / "a": b"A", folder / "b": b"B"})
    [kept] = [path for path in folder.iterdir() if path.name.startswith(".a.")]
    assert kept.read_text() == "a"
    assert str(kept) in caught.value.message
    assert caught.value.where is not None
    assert caught.value.where.file == str(folder / "a")


def test_a_file_that_somebody_else_makes_meanwhile_is_not_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*args: Any) -> None:
        (folder / "new").write_text("theirs")
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(IcpctlError):
        change_files({folder / "new": b"N"})
    assert (folder / "new").read_text() == "theirs"


# What is open then is closed when it is forgotten.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_whoever_ends_it_at_whatever_moment_leaves_nothing(folder: Path) -> None:
    """As if a signal came between any two lines."""

    def write() -> None:
        with replacing(folder / "a") as file:
            file.write(b"A")

    def change() -> None:
        change_files({folder / "a": b"A", folder / "new": b"N"}, [folder / "c"])

    for call in (write, change):
        (folder / "a").write_text("a")
        moment = 0
        while ends_at(moment, call) and found(folder)["a"] == "a":
            assert sorted(found(folder)) == ["a", "b", "c"], moment
            moment += 1
        assert moment > 40
        assert found(folder)["a"] == "A"


def ends_at(moment: int, call: Callable[[], None]) -> bool:
    """Raise at the line of that number; whether the call was not done before."""
    lines = itertools.count()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        ours = frame.f_code.co_filename.endswith(("files.py", "file_changes.py", "contextlib.py"))
        if ours and event == "line" and next(lines) == moment:
            raise KeyboardInterrupt
        return trace if ours else None

    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(None)
    return False


@pytest.mark.parametrize("name", ["x" * 255, "名" * 85, "🚀" * 63, "-", ".hidden", "a\nb"])
def test_names_of_any_kind_and_length(tmp_path: Path, name: str) -> None:
    for text in (b"1", b"2"):
        with replacing(tmp_path / name) as file:
            file.write(text)
        change_files({tmp_path / name: text + b"!"})
        assert found(tmp_path) == {name: f"{text.decode()}!"}


KILLED = """
import os, signal, sys
from pathlib import Path
from icpctl.files import replacing
with replacing(Path(sys.argv[1])) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_kill_left_is_swept_up_when_it_is_stale(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, folder / "a"], env=environment(), check=False
    )
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "a").read_text() == "a"
    [left] = [path for path in folder.iterdir() if path.name.startswith(".")]
    with replacing(folder / "b") as file:
        file.write(b"B")
    assert left.exists()  # it may be of a process that has just begun
    monkeypatch.setattr(hidden_files, "_STALE", dict.fromkeys(hidden_files._STALE, 0.0))
    with replacing(folder / "a") as file, replacing(folder / "b"):  # one that lives is not swept
        file.write(b"A")
    assert sorted(os.listdir(folder)) == ["a", "b", "c"]
    assert (folder / "a").read_text() == "A"


def test_only_our_own_hidden_files_are_swept_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hidden_files, "_STALE", dict.fromkeys(hidden_files._STALE, 0.0))
    names = [".a.tmp", "a.icpctl-new", ".env", ".icpctl-new"]
    for name in names:
        (folder / name).touch()
    (folder / ".d.icpctl-new").mkdir()
    change_files({folder / "a": b"A"})
    assert {*names, ".d.icpctl-new"} <= {*os.listdir(folder)}


# The guard of files that are read


@pytest.mark.parametrize("name", ["a", "link", "hard", "d/../a"])
def test_a_file_that_is_read_is_not_overwritten(folder: Path, name: str) -> None:
    (folder / "d").mkdir()
    (folder / "link").symlink_to("a")
    os.link(folder / "a", folder / "hard")
    with files_in_use.one_call():
        read_regular(folder / "a", 10)
        for write in (
            lambda path: replacing(path).__enter__(),
            lambda path: write_outputs({path: b""}),
        ):
            with pytest.raises(IcpctlError) as caught:
                write(folder / name)
            assert caught.value.code == "bad_usage"
        change_files({folder / "a": b"A"})  # an edit is meant to
    assert found(folder)["a"] == "A"


def test_it_is_found_out_too_when_the_writer_comes_first(folder: Path) -> None:
    with (
        pytest.raises(IcpctlError) as caught,
        files_in_use.one_call(),
        replacing(folder / "a"),
    ):
        read_regular(folder / "a", 10)
    assert caught.value.code == "bad_usage"
    assert found(folder) == {"a": "a", "b": "b", "c": "c"}
    assert sorted(os.listdir(folder)) == ["a", "b", "c"]


def test_two_outputs_have_two_places(folder: Path) -> None:
    with files_in_use.one_call():
        with pytest.raises(IcpctlError), replacing(folder / "a"), replacing(folder / "a"):
            pass
        with replacing(Path(os.devnull)), replacing(Path(os.devnull)):
            pass
        for text in (b"1", b"2"):  # one after the other is no conflict
            with replacing(folder / "a") as file:
                file.write(text)
    assert found(folder)["a"] == "2"


def test_a_call_knows_nothing_of_the_one_before(folder: Path) -> None:
    with files_in_use.one_call():
        read_regular(folder / "a", 10)
    with files_in_use.one_call(), replacing(folder / "a") as file:
        file.write(b"A")
    assert found(folder)["a"] == "A"


def test_nothing_is_written_where_it_is_forbidden(folder: Path) -> None:
    refusal = IcpctlError("no", "no")
    with files_in_use.one_call():
        files_in_use.forbid_writing(refusal)
        for write in (
            lambda: replacing(folder / "a").__enter__(),
            lambda: change_files({folder / "a": b""}),
            lambda: change_files({}, [folder / "a"]),
            lambda: write_outputs({folder / "a": b""}),
        ):
            with pytest.raises(IcpctlError) as caught:
                write()
            assert caught.value is refusal
    assert found(folder) == {"a": "a", "b": "b", "c": "c"}


def test_a_pipe_is_written_to_by_whatever_name(tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    with replacing(Path(f"/dev/fd/{theirs}")) as file:
        file.write(b"all")
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        assert pipe.read() == b"all"
