"""Files that appear whole or not at all, one by one and several together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from icpctl import IcpctlError
from icpctl.files import change_files, replacing

if TYPE_CHECKING:
    from pathlib import Path


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
