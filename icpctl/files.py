"""Files that are read with care, and files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from icpctl import files_in_use
from icpctl.errors import IcpctlError, Location
from icpctl.file_targets import is_in_place, target_of
from icpctl.hidden_files import back_up, make_hidden, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from typing_extensions import Buffer


def stdin() -> BinaryIO:
    """Return stdin as bytes; raise `IcpctlError` `unreadable` where it is closed."""
    if sys.stdin is None:
        raise IcpctlError(
            "stdin is closed", "unreadable", hint="pipe something in, or name a file in place of -"
        )
    return sys.stdin.buffer


def read_regular(path: Path, most: int, code: str = "unreadable", *, note: bool = True) -> bytes:
    """Return the bytes of a regular file; of one that has more than `most`, one more than that.

    The call notes that it reads the file, unless `note` is false. Never waits: a pipe or device
    is not opened. Raises `FileNotFoundError` where nothing is there, and `IcpctlError` `code`
    where it cannot be read.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise IcpctlError(f"this is {what}", code, Location(str(path)))
        if note:
            files_in_use.note_read(path)
        with path.open("rb") as file:
            # A limit makes room for as much, so it is for files that need one.
            return file.read(most + 1) if status.st_size > most else file.read()
    except FileNotFoundError:
        raise
    except NotADirectoryError as error:
        raise FileNotFoundError(*error.args) from None
    except (OSError, ValueError) as error:  # a name may hold a NUL
        reason = getattr(error, "strerror", None) or error
        raise IcpctlError(f"cannot read it: {reason}", code, Location(str(path))) from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Give a binary file to write, which takes the place of `path` when the block ends well.

    Until then `path` is as it was; a block that raises leaves nothing behind, and what a killed
    process leaves, the next one removes. A link's target is replaced, not the link, and keeps its
    mode; a pipe or device is written to directly. Raises `IcpctlError` `not_written` where the
    file cannot be written, a full disk included, and `bad_usage` where the call reads it; other
    errors of the block pass.
    """
    with _blaming(path):
        target = target_of(path)
    opened = _in_place if is_in_place(path) else _beside
    with files_in_use.writing(path), opened(path, target) as file:
        yield file


def change_files(written: Mapping[Path, bytes], removed: Iterable[Path] = ()) -> None:
    """Write some files and remove others: all of it, or nothing where one cannot be changed.

    What is written is on the disk under a passing name before the first file is replaced, so a
    full disk changes nothing. New files are in place before the first one is removed, so whenever
    the process is killed, every file is as it was or as it is to be. A link's target is written,
    but a link itself is removed.
    Raises `IcpctlError` `not_written`, with what could not be put back if that fails too.
    """
    files_in_use.require_writable()
    change = _Change()
    try:
        for path, data in written.items():
            with _blaming(path):
                change.stage(path, data)
        for path in removed:
            with _blaming(path):
                change.removed.append(_Step(path, path, before=back_up(path)))
        change.carry_out()
    except BaseException as error:
        for step in change.lost[:1]:
            message = f"it could not be put back; what it held is in {step.before}"
            raise IcpctlError(message, "not_written", Location(str(step.target))) from error
        raise
    finally:
        change.tidy_up()
    change.sync_folders()


def write_outputs(written: Mapping[Path, bytes]) -> None:
    """Write some files, none of which the call reads, as `change_files` does.

    Raises `IcpctlError` `bad_usage` where it reads one, too.
    """
    with contextlib.ExitStack() as places:
        for path in written:
            places.enter_context(files_in_use.writing(path))
        change_files(written)


@dataclass(slots=True)
class _Step:
    """One file that changes: as it was called, and where it really is.

    `new` is the hidden file that it becomes, None where it is removed; `before` is a second name
    of what it held, None where there was no file.
    """

    path: Path
    target: Path
    new: Path | None = None
    before: Path | None = None

    def take(self) -> None:
        with _blaming(self.path):
            if self.new is None:
                os.unlink(self.target)
            else:
                os.replace(self.new, self.target)

    def take_back(self) -> None:
        if self.before is not None:
            if not _is_same(self.before, self.target):
                os.replace(self.before, self.target)
        elif self.new is not None and not self.new.exists():  # or else the target is not ours
            self.target.unlink(missing_ok=True)


@dataclass(slots=True)
class _Change:
    """Files that change together; `lost` are those that could not be put back."""

    written: list[_Step] = field(default_factory=list)
    removed: list[_Step] = field(default_factory=list)
    lost: list[_Step] = field(default_factory=list)

    def stage(self, path: Path, data: bytes) -> None:
        """Write a file under a passing name, onto the disk."""
        target = target_of(path)
        if is_in_place(path):
            raise OSError(None, "this is not a regular file")
        sweep(target.parent)
        descriptor, new = make_hidden(target)
        step = _Step(path, target, new)
        self.written.append(step)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if target.exists():
            step.before = back_up(target)

    def carry_out(self) -> None:
        """Put the new files in place and only then remove others; on an error take all back."""
        begun: list[_Step] = []
        try:
            for step in self.written:
                begun.append(step)
                step.take()
            if self.removed:
                self.sync_folders()  # so that new files are there even if the power fails
            for step in self.removed:
                begun.append(step)
                step.take()
        except BaseException:
            self._take_back(begun)
            raise

    def _take_back(self, begun: list[_Step]) -> None:
        for step in reversed(begun):
            try:
                step.take_back()
            except OSError:
                self.lost.append(step)

    def tidy_up(self) -> None:
        """Remove the hidden files, but for what could not be put back."""
        steps = self.written + self.removed
        hidden = [step.new for step in steps]
        hidden += [step.before for step in steps if step not in self.lost]
        for path in filter(None, hidden):
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def sync_folders(self) -> None:
        for folder in {step.target.parent for step in self.written + self.removed}:
            with _blaming(folder):
                _sync_folder(folder)


def _is_same(first: Path, second: Path) -> bool:
    """Whether two names are those of the same file; links are not followed."""
    return os.path.lexists(second) and os.path.samestat(first.lstat(), second.lstat())


@contextmanager
def _in_place(path: Path, _: Path) -> Iterator[BinaryIO]:
    with _blaming(path):
        descriptor = os.open(path, os.O_WRONLY)
    with io.BufferedWriter(_Raw(descriptor, path)) as file:
        yield file


@contextmanager
def _beside(path: Path, target: Path) -> Iterator[BinaryIO]:
    with _blaming(path):
        sweep(target.parent)
        descriptor, new = make_hidden(target)
    try:
        with io.BufferedWriter(_Raw(descriptor, path)) as file:
            yield file
            file.flush()
            with _blaming(path):
                os.fsync(descriptor)
        with _blaming(path):
            os.replace(new, target)  # Windows renames no open file
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    with _blaming(path):
        _sync_folder(target.parent)


class _Raw(io.FileIO):
    """A file whose errors say which file it is to become, since several may be open at once."""

    def __init__(self, descriptor: int, becomes: Path) -> None:
        super().__init__(descriptor, "wb")
        self._becomes = becomes

    def write(self, data: Buffer, /) -> int:
        with _blaming(self._becomes):
            return super().write(data)


@contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Turn errors of the system into the message that `path` cannot be written."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever read it has seen enough, which is nobody's error
    except OSError as error:
        reason, hint = error.strerror or error, "nothing was changed"
        if isinstance(error, FileNotFoundError) and not path.parent.exists():
            reason, hint = "its folder does not exist", f"make it first: mkdir -p {path.parent}"
        message = f"cannot write it: {reason}"
        raise IcpctlError(message, "not_written", Location(str(path)), hint) from error


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
