"""Settings: `icpctl.toml`, or `[tool.icpctl]` of `pyproject.toml`, in the working folder or above.

An option beats the environment, which beats the file, which beats the default. The command line
reads options and environment; here are the file and the defaults.
"""

from __future__ import annotations

import glob
import math
import os
import re
import stat
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from icpctl.errors import Finding, IcpctlError, Location, word_hint
from icpctl.files import forbid_writing, read_regular

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_DIR = "icp_configs"

# Where settings may be: a file's name, and the table in it.
_FILES = (("icpctl.toml", ()), ("pyproject.toml", ("tool", "icpctl")))

# A reader of TOML takes time by the square of a key's parts, so hostile files are refused first.
_MOST_BYTES = 256 * 1024
_MOST_PARTS = 32
_STRING = re.compile(r"""\"(?:\\.|[^"\\\n])*+"|'[^'\n]*+'""")


class Settings(Struct, frozen=True):
    """What commands use if neither an option nor the environment says otherwise.

    Paths are as seen from the working folder. `mapping` are names, or paths of files, and `file`
    is the settings file, if there is one. `tiers` are names with their lowest scores, the highest
    first.
    """

    dir: Path = Path(DEFAULT_DIR)
    org: str | None = None
    visitors: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    case_sensitive: bool = False
    require_fields: bool = False
    api: bool = False
    tiers: dict[str, float] = field(default_factory=dict)
    file: Path | None = None


def load_settings(start: Path | None = None) -> Settings:
    """Return the settings of the nearest file that has some, in the working folder or above.

    With `start`, a folder that exists, they are those that hold there.

    A file above it that others could have written is not used: one line on stderr says so, and
    the call may write nothing. Raises `IcpctlError` `bad_settings` with every finding if the file
    is not valid.
    """
    here = Path.cwd()
    first = here if start is None else Path(os.path.abspath(start))
    for folder in (first, *first.parents):
        for name, table in _FILES:
            path = Path(os.path.relpath(folder / name, here))
            if not os.path.isfile(path):
                continue
            if folder != first and (distrust := _distrust(path, first)):
                if _may_have_settings(path, table):
                    _refuse(path, distrust)
                    return Settings()
            elif (source := _read(path, table)) is not None:
                return source.settings()
    return Settings()


def _may_have_settings(path: Path, table: tuple[str, ...]) -> bool:
    try:
        return _read(path, table) is not None
    except IcpctlError:
        return True


def _distrust(path: Path, here: Path) -> str | None:
    """Return why a settings file above the working folder may be a trap, or None."""
    if os.name != "posix":
        return None
    if path.stat().st_mode & stat.S_IWOTH:
        return "anyone can write to it"
    trusted = {os.geteuid(), 0, here.stat().st_uid}
    if not {path.stat().st_uid, path.lstat().st_uid} <= trusted:  # the file's and a link's owner
        return "it belongs to another user"
    return None


def _refuse(path: Path, distrust: str) -> None:
    hint = "fix the file's owner or mode, or put an icpctl.toml into the working folder"
    refusal = IcpctlError(
        f"nothing is written without settings: {distrust}",
        "bad_settings",
        Location(str(path)),
        hint,
    )
    if forbid_writing(refusal):
        import logging

        place = ascii(str(path))[1:-1]
        logging.getLogger("icpctl").warning(
            "%s: warning: these settings are not used: %s", place, distrust
        )


def _overlong_key(text: str) -> int | None:
    """Return the number of the first line that has too many dots outside of texts and comments."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") >= _MOST_PARTS:
            bare = _STRING.sub("", line).split("#", 1)[0]
            if bare.count(".") >= _MOST_PARTS:
                return number
    return None


@lru_cache(maxsize=1)
def _parsed(text: str) -> Any:
    """Return what TOML holds; a command asks for several settings of the same file."""
    import tomllib

    return tomllib.loads(text)


def _read(path: Path, table: tuple[str, ...]) -> _Source | None:
    """Return the settings in a file as they are written, or None if it has none."""
    import tomllib

    def broken(message: str, line: int | None = None, column: int | None = None) -> IcpctlError:
        return _bad([Finding("ICP403", "error", message, Location(str(path), line, column))])

    try:
        data = read_regular(path, _MOST_BYTES, "bad_settings")
        text = data.decode("utf-8-sig")
        if table and table[-1] not in text:
            return None  # a broken pyproject.toml of other tools is their business
        if len(data) > _MOST_BYTES:
            raise broken(f"the file is larger than {_MOST_BYTES // 1024} KiB")
        if line := _overlong_key(text):
            raise broken(f"a key has more than {_MOST_PARTS} parts", line)
        content = _parsed(text)
    except tomllib.TOMLDecodeError as error:
        place = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.S)
        if not place:
            raise broken(str(error)) from None
        raise broken(place[1], int(place[2]), int(place[3])) from None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise broken(f"the byte 0x{data[error.start]:02x} is not UTF-8", line) from None
    except (OSError, RecursionError) as error:
        raise broken(f"the file cannot be read: {error}") from None
    except ValueError:  # of all that may be in TOML only a number can still be at fault
        raise broken("a number has more digits than can be read") from None
    for part in table:
        content = content.get(part) if isinstance(content, dict) else None
    return None if content is None else _Source(path, text, table, content)


class _Source(Struct, frozen=True):
    """A settings file: its path and text, the table that is ours, and the values in it."""

    path: Path
    text: str
    table: tuple[str, ...]
    values: Any

    def settings(self) -> Settings:
        if not isinstance(self.values, dict):
            message = "tool.icpctl is not a table"
            raise _bad([Finding("ICP402", "error", message, Location(str(self.path)))])
        findings: list[Finding] = []
        values: dict[str, Any] = {}
        for key, value in self.values.items():
            if key not in _READERS:
                hint = word_hint(key, _READERS)
                place = self.place(key, of_value=False)
                findings.append(Finding("ICP401", "error", f"unknown setting {key!r}", place, hint))
                continue
            try:
                values[key] = _READERS[key](value, self.path.parent)
            except TypeError as error:
                place = self.place(key, of_value=True)
                findings.append(Finding("ICP402", "error", f"{key} {error}", place))
        if findings:
            raise _bad(findings)
        return Settings(**values, file=self.path)

    def place(self, key: str, *, of_value: bool) -> Location:
        """Return the place of a key or its value; readers of TOML do not say, so it is searched."""
        dotted = r"[ \t]*\.[ \t]*".join(self.table)
        name = rf"""["']?{re.escape(key)}["']?"""
        header = re.compile(rf"^[ \t]*\[[ \t]*{dotted}[ \t]*\]" if dotted else r"\A", re.M)
        begins = header.search(self.text)
        entry = re.compile(
            rf"^[ \t]*(?P<key>{name})[ \t]*(?:=[ \t]*(?P<value>\S)|\.)"
            rf"|^[ \t]*\[+[ \t]*(?:{dotted}[ \t]*\.)?[ \t]*(?P<table>{name})",
            re.M,
        )
        match = entry.search(self.text, begins.end() if begins else 0)
        if not match:
            return Location(str(self.path), 1, 1)
        start = match.start("value") if of_value and match["value"] else -1
        start = max(start, match.start("key"), match.start("table"))
        line = self.text.count("\n", 0, start) + 1
        return Location(str(self.path), line, start - self.text.rfind("\n", 0, start))


def _text(value: object, _: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("must be text that is not empty")
    return value


def _path(value: object, base: Path) -> Path:
    return base / _at_home(_text(value, base))


def _at_home(text: str) -> str:
    """Return a path with `~` and `~user` at its start written out, as a shell does."""
    return os.path.expanduser(text)


def _texts(value: object, base: Path) -> list[str]:
    items = value if isinstance(value, list) else [value]
    try:
        return [_text(item, base) for item in items]
    except TypeError:
        raise TypeError("must be text or a list of texts, none of them empty") from None


def _visitors(value: object, base: Path) -> tuple[str, ...]:
    folder = "" if base == Path() else glob.escape(str(base))
    texts = map(_at_home, _texts(value, base))
    return tuple(text if text == "-" else os.path.join(folder, text) for text in texts)


def _mapping(value: object, base: Path) -> tuple[str, ...]:
    return tuple(_mapping_name(text, base) for text in _texts(value, base))


def _mapping_name(text: str, base: Path) -> str:
    is_path = "/" in text or text.endswith((".yaml", ".yml"))
    return str(base / _at_home(text)) if is_path else text


def _flag(value: object, _: Path) -> bool:
    if not isinstance(value, bool):
        raise TypeError("must be true or false")
    return value


def _tiers(value: object, _: Path) -> dict[str, float]:
    wanted = "must be a table of names and lowest scores, such as { A = 80, B = 50, C = 0 }"
    if not isinstance(value, dict) or not value:
        raise TypeError(wanted)
    for name, bound in value.items():
        is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
        if not name.strip() or not is_number or not math.isfinite(bound) or not 0 <= bound <= 100:
            raise TypeError(f"{wanted}; scores are from 0 to 100")
    if len(set(value.values())) < len(value):
        raise TypeError("is ambiguous: two tiers have the same lowest score")
    return {name: float(bound) for name, bound in sorted(value.items(), key=lambda tier: -tier[1])}


_READERS: dict[str, Callable[[object, Path], Any]] = {
    "dir": _path,
    "org": _text,
    "visitors": _visitors,
    "mapping": _mapping,
    "case_sensitive": _flag,
    "require_fields": _flag,
    "api": _flag,
    "tiers": _tiers,
}


def _bad(findings: list[Finding]) -> IcpctlError:
    return IcpctlError("the settings are not valid", "bad_settings", findings=findings)
