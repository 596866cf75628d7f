"""Which files an export is: files, folders, globs and stdin, plain or compressed."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from icpctl.errors import IcpctlError, Location
from icpctl.files import stdin
from icpctl.files_in_use import note_read

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from io import FileIO

    from icpctl.exports.lines import Stream

Format = Literal["json", "csv", "parquet"]
_FORMATS: dict[str, Format] = {
    ".jsonl": "json",
    ".ndjson": "json",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
_PARQUET = b"PAR1"
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
"""A compressed file's extension -> its compression."""
_MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Source:
    """A file to read. `name` is how the user called it; `size` is in bytes, as it lies on disk.

    Of a Parquet file only the row groups `groups` are read, where these are given.
    """

    name: str
    path: Path
    size: int
    compression: str | None
    format: Format = "json"
    groups: range | None = None

    def open(self) -> tuple[Stream, FileIO]:
        """The file's bytes after decompression, and the raw file, whose `tell` is the progress.

        Raises `IcpctlError`.
        """
        try:
            raw = self.path.open("rb", buffering=0)
        except OSError as error:
            raise _unreadable(self.name, error) from None
        if self.compression:
            return _Decompressed(raw, self.compression), raw
        return raw, raw


class _Decompressed:
    """What a compressed file holds, up to the last byte before any damage.

    A read that fails gives nothing of what it could have read, so from there it is done again,
    byte by byte.
    """

    def __init__(self, raw: FileIO, compression: str) -> None:
        self._raw = raw
        self._compression = compression
        self._streams = [self._begin()]  # one that failed is kept: its end would close the file
        self._done = 0
        self._damage: OSError | None = None

    def readinto(self, buffer: memoryview) -> int:
        """Fill the buffer from its start, and return how much of it; 0 at the end."""
        if len(self._streams) == 1:
            try:
                count: int = self._streams[0].readinto(buffer)
            except OSError:
                self._raw.seek(0)
                self._streams.append(self._begin())
                self._skip(self._done)
            else:
                self._done += count
                return count
        if self._damage:
            raise self._damage
        for at in range(len(buffer)):
            try:
                byte = self._streams[-1].read(1)
            except OSError as error:
                self._damage = error
                if not at:
                    raise
                return at
            if not byte:
                return at
            buffer[at : at + 1] = byte
        return len(buffer)

    def _skip(self, count: int) -> None:
        while count:
            count -= len(self._streams[-1].read(min(count, 1 << 20)))

    def _begin(self) -> Any:
        import pyarrow as pa

        return pa.CompressedInputStream(self._raw, self._compression)


def find_sources(visitors: Sequence[str], spool: Path) -> list[Source]:
    """The files that `visitors` (files, globs, folders, `-`) name, each once, in order.

    What is not a regular file, such as stdin or a pipe, is copied into the folder `spool` first.
    Raises `IcpctlError` where there is nothing at a path or a file cannot be read.
    """
    found: dict[Path, Source] = {}
    for name in visitors:
        for path in [None] if name == STDIN else _expand(name):
            source = _source(path, spool, len(found))
            found.setdefault(source.path.resolve(), source)
    return list(found.values())


def _expand(name: str) -> Iterable[Path]:
    try:
        return _matches(name)
    except (OSError, ValueError) as error:  # a name that is too long, or with a NUL in it
        raise _unreadable(_shown(name), error) from None


def _matches(name: str) -> Iterable[Path]:
    path = Path(name)
    if name and path.is_dir():
        files = [file for file in sorted(path.iterdir()) if _is_export(file)]
        if not files:
            hint = f"it should hold files that end in {', '.join(_FORMATS)} (also .gz, .zst)"
            raise IcpctlError(
                "no visitor export in this folder", "no_visitors", Location(_shown(name)), hint
            )
        return files
    if name and path.exists():
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(name, recursive=True))]
    if not matches:
        what = "no file matches" if glob.has_magic(name) else "there is no file or folder"
        hint = "check the path; it is taken from the working folder"
        raise IcpctlError(what, "no_visitors", Location(_shown(name)), hint)
    return [match for match in matches if not match.is_dir()]


def _is_export(path: Path) -> bool:
    return is_export_name(path.name) and path.is_file()


def is_export_name(name: str) -> bool:
    """Whether a file of this name in a folder is taken for an export."""
    return bool(_named_format(name)) and not name.startswith(".")


def _named_format(name: str) -> Format | None:
    """What a file's name says that it holds."""
    name = name.lower()
    for suffix in COMPRESSIONS:
        name = name.removesuffix(suffix)
    return _FORMATS.get(os.path.splitext(name)[1])


def _source(path: Path | None, spool: Path, number: int) -> Source:
    shown = "stdin" if path is None else _shown(str(path))
    try:
        if path is None:
            path = _copied(stdin(), spool / f"stdin-{number}")
        elif not stat.S_ISREG(path.stat().st_mode):
            with path.open("rb") as stream:
                path = _copied(stream, spool / f"pipe-{number}")
        else:
            note_read(path)
        with path.open("rb") as stream:
            head = stream.read(8)
            size = os.fstat(stream.fileno()).st_size
    except OSError as error:
        raise _unreadable(shown, error) from None
    return as_source(shown, path, size, head)


def as_source(name: str, path: Path, size: int, head: bytes) -> Source:
    """A file that begins with the bytes `head`, in its format; its first records are at `path`.

    Raises `IcpctlError` where it is in none that is read.
    """
    compression = next((c for magic, c in _MAGIC.items() if head.startswith(magic)), None)
    source = Source(name, path, size, compression)
    return replace(source, format=_format(source, head))


def _format(source: Source, head: bytes) -> Format:
    """The format by the first bytes, else by the name, else by the first lines."""
    named = _named_format(source.name)
    if head.startswith(_PARQUET):
        return "parquet"
    if named == "json" or head.lstrip().startswith(b"{"):
        return "json"
    if named is None:
        from icpctl.exports.csv_records import looks_like_csv

        return "csv" if looks_like_csv(source) else "json"
    if named == "csv":
        return named
    if not source.compression:
        return named  # what is wrong with it shows when it is read
    raise IcpctlError(
        "a Parquet file is not read through a compression of its own",
        "unreadable",
        Location(source.name),
        "decompress it first; what it holds is compressed already",
    )


def _unreadable(shown: str, error: Exception) -> IcpctlError:
    reason = getattr(error, "strerror", None) or error
    hint = None
    if getattr(error, "errno", None) == errno.ENOSPC:
        hint = "its copy needs more room: --temp-dir, or TMPDIR, names another folder for it"
    return IcpctlError(f"cannot read it: {reason}", "unreadable", Location(shown), hint)


def _shown(name: str) -> str:
    """A path as it can be printed and written, whatever its bytes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _copied(stream: BinaryIO, target: Path) -> Path:
    with target.open("wb") as file:
        shutil.copyfileobj(stream, file, 1 << 20)
    return target
