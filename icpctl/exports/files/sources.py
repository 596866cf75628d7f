"""Which files an export is: files, folders, globs, archives and stdin, plain or compressed."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgspec import Struct
from msgspec.structs import replace

from icpctl.errors import IcpctlError, Location
from icpctl.exports.files.file_search import (
    ARCHIVE,
    FORMATS,
    Format,
    files_below,
    is_export_name,
    matches,
    named_format,
    says_nothing,
)
from icpctl.exports.files.streams import (
    OpenedFile,
    Pipe,
    compression_of,
    decompressed,
    fill,
    identity_of,
)
from icpctl.files import note_read, stdin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from icpctl.exports.files.streams import Stream

STDIN = "-"
_PARQUET, _ZIP = b"PAR1", b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"  # how workbooks of Excel 97 begin; some programs call a text .xls
HEAD_BYTES = 1 << 16
"""Bytes that tell a format."""

_PARTITION = re.compile(r"([A-Za-z_][\w .-]*)=([^/\\]*)")
_NO_PARTITION = "__HIVE_DEFAULT_PARTITION__"


class Source(Struct, frozen=True):
    """A file to read.

    `name` is what the user calls it; `size` is in bytes, as it lies on disk (0 for a pipe).
    `identity` is that of the file when it was found. `partition` are the keys and values of the
    folders that are named `key=value`. Of a Parquet file only the row groups `groups` are read,
    where these are given, of an archive the file `member`, of a workbook the sheet `sheet` (None is
    the first).
    """

    name: str
    path: Path
    size: int
    compression: str | None
    format: Format = "json"
    groups: range | None = None
    identity: tuple[int, ...] | None = None
    partition: tuple[tuple[str, str], ...] = ()
    encoding: str | None = None
    member: str | None = None
    sheet: str | None = None
    pipe: Pipe | None = None

    @property
    def is_followed(self) -> bool:
        """Whether it is read as it comes."""
        return self.pipe is not None and self.pipe.followed

    def open(self, *, is_last: bool = True) -> OpenedSource:
        """Open the file; only a pipe must know whether this is the last time.

        Raises `IcpctlError`, also where there is another file now.
        """
        if self.pipe:
            piped = self.pipe.open(is_last=is_last)
            return OpenedSource(decompressed(piped, self.compression), None)
        opened = self.open_file()
        stream: Stream = opened
        if self.member:
            from icpctl.exports.files.archives import MemberStream

            stream = MemberStream(opened, self.member)
        return OpenedSource(decompressed(stream, self.compression), opened)

    def open_file(self) -> OpenedFile:
        """Open the file as it lies on disk, and check that it is the one that was found."""
        opened = _opened(self.name, self.path)
        if self.identity:
            opened.require_same(self.identity)
        return opened


class OpenedSource(Struct, frozen=True):
    """A source's bytes after decompression, and the file that they come from (not for a pipe)."""

    stream: Stream
    file: OpenedFile | None

    @property
    def bytes_read(self) -> int:
        """How far the file was read, in bytes as they lie on disk."""
        return self.file.bytes_read if self.file else 0

    def require_same(self) -> None:
        """Raise `IcpctlError` where the file changed while it was read."""
        if self.file:
            self.file.require_same()

    def __enter__(self) -> OpenedSource:
        return self

    def __exit__(self, *_: object) -> None:
        if self.file:
            self.file.close()


class Exports(Struct, frozen=True):
    """The files to read, in order, and the names of those in folders that are not exports."""

    sources: list[Source]
    skipped: list[str]


def find_sources(visitors: Sequence[str], encoding: str | None = None) -> list[Source]:
    """Return the files that `visitors` name, as `find_exports` does."""
    return find_exports(visitors, encoding).sources


def find_exports(
    visitors: Sequence[str], encoding: str | None = None, *, follow: bool = False
) -> Exports:
    """Return the files that `visitors` (files, globs, folders, `-`) name, each once, in order.

    A folder is read with its subfolders, a zip archive with its members. `encoding` is that of CSV
    files. With `follow` stdin is read as it comes. Raises `IcpctlError` where there is nothing at
    a path or a file cannot be read.
    """
    exports = Exports([], [])
    known: set[tuple[Path, str | None, str | None]] = set()
    for name in dict.fromkeys(visitors):
        if name == STDIN:
            exports.sources.append(_of_pipe("stdin", Path(STDIN), stdin(), follow=follow))
            continue
        for source in _expand(name, exports.skipped):
            real = source.path.resolve(), source.member, source.sheet
            if real not in known:
                known.add(real)
                exports.sources.append(source)
    if encoding:
        exports.sources[:] = [replace(it, encoding=encoding) for it in exports.sources]
    return exports


def _expand(name: str, skipped: list[str]) -> Iterator[Source]:
    try:
        path = Path(name)
        if name and path.is_dir():
            yield from _in_folder(path, skipped)
        elif name and path.exists():
            yield from _named(path, skipped)
        elif sheet := _sheet_of(name):
            yield sheet
        else:
            for match in _matching(name):
                yield from _named(match, skipped)
    except (OSError, ValueError) as error:  # a name that is too long, or with a NUL in it
        raise _unreadable(_shown(name), error) from None


def _named(path: Path, skipped: list[str]) -> Iterator[Source]:
    sources = list(_of_path(path, skipped))
    yield from sources
    if not sources:
        raise _nothing_in("archive", path, skipped)


def _in_folder(folder: Path, skipped: list[str]) -> Iterator[Source]:
    is_empty = True
    others: list[str] = []
    for path in files_below(folder):
        if not is_export(path):
            others.append(_shown(str(path)))
            continue
        for source in _of_path(path, others):
            is_empty = False
            yield source
    skipped += others
    if is_empty:
        raise _nothing_in("folder", folder, others)


def _nothing_in(what: str, path: Path, skipped: Sequence[str]) -> IcpctlError:
    hint = f"it should hold files that end in {', '.join(FORMATS)} (also .gz, .zst)"
    if skipped:
        hint += f"; skipped: {', '.join(skipped[:3])}{', ...' if len(skipped) > 3 else ''}"
    message = f"no visitor export in this {what}"
    return IcpctlError(message, "no_visitors", Location(_shown(str(path))), hint)


def _of_path(path: Path, skipped: list[str]) -> Iterator[Source]:
    """Yield the source for a file, or those for the members of an archive."""
    if path.suffix.lower() != ARCHIVE or not path.is_file():
        yield _of_file(path)
        return
    from icpctl.exports.files.archives import member_names

    shown = _shown(str(path))
    opened = _opened(shown, path)
    note_read(path)
    for member in member_names(opened):
        source = Source(
            f"{shown}/{member}",
            path,
            opened.status.st_size,
            None,
            identity=identity_of(opened.status),
            partition=_partition(path / member),
            member=member,
        )
        head = head_of(source, 8)
        source = replace(source, compression=compression_of(head))
        if is_export_name(member) or (says_nothing(member) and _holds_records(source)):
            yield _of_member(source, head)
        else:
            skipped.append(source.name)


def _of_member(source: Source, head: bytes) -> Source:
    source = replace(source, format=_format(source, head))
    if source.format in ("parquet", "workbook"):
        raise IcpctlError(
            f"a {source.format} file is not read from within an archive",
            "unreadable",
            Location(source.name),
            "extract it first",
        )
    return source


def _sheet_of(name: str) -> Source | None:
    """Return the source for `FILE#SHEET`, a sheet of a workbook."""
    file, mark, sheet = name.rpartition("#")
    path = Path(file)
    if not mark or named_format(file) != "workbook" or not path.is_file():
        return None
    return replace(_of_file(path), name=_shown(name), sheet=sheet)


def _matching(name: str) -> Iterable[Path]:
    found = matches(name)
    if not found:
        has_magic = any(character in name for character in "*?[")
        what = "no file matches" if has_magic else "no such file or folder"
        hint = "check the path; it is relative to the working folder"
        raise IcpctlError(what, "no_visitors", Location(_shown(name)), hint)
    return [path for path in found if not path.is_dir()]


def is_export(path: Path) -> bool:
    """Return whether a file in a folder is taken for an export, by its name or its content."""
    if not path.is_file():
        return False
    if is_export_name(path.name) or path.suffix.lower() == ARCHIVE:
        return True
    return says_nothing(path.name) and _holds_records(_of_file(path))


def _holds_records(source: Source) -> bool:
    """Return whether a file begins as JSON, CSV or Parquet."""
    from icpctl.exports.files.csv_dialect import looks_like_csv

    head = head_of(source).lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] in (b"{", b"[") or head.startswith(_PARQUET) or looks_like_csv(head)


def head_of(source: Source, size: int = HEAD_BYTES) -> bytes:
    """Return the first bytes after decompression, as far as they can be read."""
    data = bytearray(size)
    with source.open(is_last=False) as opened:
        filled, _ = fill(opened.stream, memoryview(data))
    return bytes(data[:filled])


def _of_file(path: Path) -> Source:
    """Return the source for a file. Raises `IcpctlError` where it cannot be read."""
    shown = _shown(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _of_pipe(shown, path, path.open("rb"))
        note_read(path)
        opened = OpenedFile(shown, path)
        head = os.read(opened.descriptor, 8)
    except OSError as error:
        raise _unreadable(shown, error) from None
    source = as_source(shown, path, opened.status.st_size, head)
    return replace(source, identity=identity_of(opened.status), partition=_partition(path))


def _of_pipe(name: str, path: Path, file: BinaryIO, *, follow: bool = False) -> Source:
    pipe = Pipe(file, is_stdin=str(path) == STDIN, followed=follow)
    source = Source(name, path, 0, None, pipe=pipe)
    try:
        head = head_of(source, 8)
    except OSError as error:
        raise _unreadable(name, error) from None
    source = replace(source, compression=compression_of(head))
    return replace(source, format=_format(source, head))


def as_source(name: str, path: Path, size: int, head: bytes) -> Source:
    """Return a file that begins with the bytes `head`, in its format; its records are at `path`.

    Raises `IcpctlError` where it is in none that is read.
    """
    source = Source(name, path, size, compression_of(head))
    return replace(source, format=_format(source, head))


def _format(source: Source, head: bytes) -> Format:
    """Return the format by the first bytes, else by the name, else by the first lines."""
    named = named_format(source.name)
    if head.startswith(_PARQUET):
        return "parquet"
    if named == "json" or head.lstrip().startswith(b"{"):
        return "json"
    if head.startswith(_ZIP) and named != "workbook":
        raise IcpctlError(
            "this is a zip archive or a workbook, by its content",
            "unreadable",
            Location(source.name),
            "its name should end in .zip or .xlsx, and neither is read through a pipe",
        )
    if source.compression and named in ("parquet", "workbook"):
        what = "Parquet file" if named == "parquet" else named
        raise IcpctlError(
            f"a {what} is not read through its own compression",
            "unreadable",
            Location(source.name),
            "decompress it first; what it holds is compressed already",
        )
    is_text = named == "workbook" and not head.startswith((_ZIP, _OLE))
    if named and not is_text:
        return named  # what is wrong with it shows when it is read

    from icpctl.exports.files.csv_dialect import looks_like_csv

    return "csv" if looks_like_csv(head_of(source)) else "json"


def _partition(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the keys and values of the folders in a path that are named `key=value`."""
    parts = (_PARTITION.fullmatch(part) for part in path.parent.parts)
    pairs = ((part[1], unquote(part[2])) for part in parts if part)
    return tuple((key, value) for key, value in pairs if value != _NO_PARTITION)


def _opened(shown: str, path: Path) -> OpenedFile:
    try:
        return OpenedFile(shown, path)
    except OSError as error:
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> IcpctlError:
    reason = getattr(error, "strerror", None) or error
    return IcpctlError(f"cannot read it: {reason}", "unreadable", Location(shown))


def _shown(name: str) -> str:
    """Return a path as it can be printed and written, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
