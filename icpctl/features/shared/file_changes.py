"""Several files that change together: all of them, or none."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.errors import IcpctlError, Location
from icpctl.files import blaming, is_in_place, require_writable, sync_folder, target_of, writing
from icpctl.hidden_files import OLD, back_up, hidden_name, make_hidden, sweep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def change_files(written: Mapping[Path, bytes], removed: Iterable[Path] = ()) -> None:
    """Write some files and remove others: all of it, or nothing where one cannot be changed.

    What is written is on the disk under a passing name before the first file is replaced, so a
    full disk changes nothing. New files are in place before the first one is removed, so whenever
    the process is killed, every file is as it was or as it is to be. A link's target is written,
    but a link itself is removed.
    Raises `IcpctlError` `not_written`, with what could not be put back if that fails too.
    """
    require_writable()
    change = _Change()
    try:
        for path, data in written.items():
            with blaming(path):
                change.stage(path, data)
        for path in removed:
            with blaming(path):
                change.set_aside(path)
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
            places.enter_context(writing(path))
        change_files(written)


class _Step(Struct):
    """One file that changes: as it was called, and where it really is.

    `new` is the hidden file that it becomes, None where it is removed; `before` is a second name
    of what it held, None where there was no file.
    """

    path: Path
    target: Path
    new: Path | None = None
    before: Path | None = None

    def take(self) -> None:
        with blaming(self.path):
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


class _Change(Struct):
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
        step = _Step(path, target, new := hidden_name(target))
        self.written.append(step)
        descriptor = make_hidden(new, target)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if target.exists():
            step.before = before = hidden_name(target, OLD)
            back_up(target, before)

    def set_aside(self, path: Path) -> None:
        """Keep a file that is to be removed under a second name."""
        before = hidden_name(path, OLD)
        self.removed.append(_Step(path, path, before=before))
        back_up(path, before)

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
            with blaming(folder):
                sync_folder(folder)


def _is_same(first: Path, second: Path) -> bool:
    """Whether two names are those of the same file; links are not followed."""
    return os.path.lexists(second) and os.path.samestat(first.lstat(), second.lstat())
