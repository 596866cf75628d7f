"""Settings: `icpctl.toml`, or `[tool.icpctl]` of `pyproject.toml`, in the working folder or above.

An option beats the environment, which beats the file, which beats the default. The command line
reads options and environment; here are the file and the defaults.
"""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpctl.errors import Finding, IcpctlError, Location
from icpctl.vocabulary import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULT_DIR = "icp_configs"

# Where settings may stand: a file's name, and the table in it.
_FILES = (("icpctl.toml", ()), ("pyproject.toml", ("tool", "icpctl")))


@dataclass(frozen=True, slots=True)
class Settings:
    """What commands use where neither an option nor the environment says otherwise.

    Paths stand as seen from the working folder. `mapping` is a name or the path of a file, and
    `file` is the settings file, if there is one.
    """

    dir: Path = Path(DEFAULT_DIR)
    org: str | None = None
    visitors: tuple[str, ...] = ()
    mapping: str | None = None
    case_sensitive: bool = False
    api: bool = False
    tiers: dict[str, float] = field(default_factory=dict)
    file: Path | None = None


def load_settings() -> Settings:
    """Return the settings of the nearest file that has some, in the working folder or above.

    Raises `IcpctlError` `bad_settings` with every finding where the file is not right.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        for name, table in _FILES:
            path = Path(os.path.relpath(folder / name, here))
            if path.is_file() and (source := _read(path, table)) is not None:
                return source.settings()
    return Settings()


def _read(path: Path, table: tuple[str, ...]) -> _Source | None:
    """Return the settings in a file as they stand, or None when it has none."""
    import tomllib

    def broken(message: str, line: int | None = None, column: int | None = None) -> IcpctlError:
        return _bad([Finding("ICP403", "error", message, Location(str(path), line, column))])

    try:
        text = path.read_bytes().decode("utf-8-sig")
        # Other tools' broken pyproject.toml is their business.
        if table and table[-1] not in text:
            return None
        found: Any = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.S)
        if not place:
            raise broken(str(error)) from None
        raise broken(place[1], int(place[2]), int(place[3])) from None
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise broken(f"the file cannot be read: {error}") from None
    for part in table:
        found = found.get(part) if isinstance(found, dict) else None
    return None if found is None else _Source(path, text, table, found)


@dataclass(frozen=True, slots=True)
class _Source:
    """A settings file: its path and text, the table that is ours, and what that holds."""

    path: Path
    text: str
    table: tuple[str, ...]
    found: Any

    def settings(self) -> Settings:
        if not isinstance(self.found, dict):
            message = "tool.icpctl is not a table"
            raise _bad([Finding("ICP402", "error", message, Location(str(self.path)))])
        findings: list[Finding] = []
        values: dict[str, Any] = {}
        for key, value in self.found.items():
            if key not in _READERS:
                guess = nearest(key, _READERS)
                hint = f"did you mean {guess}?" if guess else f"known: {', '.join(_READERS)}"
                place = self.place(key, of_value=False)
                findings.append(Finding("ICP401", "error", f"unknown setting {key!r}", place, hint))
                continue
            try:
                values[key] = _READERS[key](value, self.path.parent)
            except TypeError as error:
                place = self.place(key, of_value=True)
                findings.append(Finding("ICP402", "error", f"{key} is {error}", place))
        if findings:
            raise _bad(findings)
        return Settings(**values, file=self.path)

    def place(self, key: str, *, of_value: bool) -> Location:
        """Return where a key or its value stands. TOML readers do not say, so the text is asked."""
        dotted = r"\s*\.\s*".join(self.table)
        name = rf"""["']?{re.escape(key)}["']?"""
        header = re.compile(rf"^\s*\[\s*{dotted}\s*\]" if dotted else r"\A", re.M)
        begins = header.search(self.text)
        entry = re.compile(
            rf"^[ \t]*(?P<key>{name})[ \t]*(?:=[ \t]*(?P<value>\S)|\.)"
            rf"|^[ \t]*\[+\s*(?:{dotted}\s*\.)?\s*(?P<table>{name})",
            re.M,
        )
        found = entry.search(self.text, begins.end() if begins else 0)
        if not found:
            return Location(str(self.path), 1, 1)
        start = found.start("value") if of_value and found["value"] else -1
        start = max(start, found.start("key"), found.start("table"))
        line = self.text.count("\n", 0, start) + 1
        return Location(str(self.path), line, start - self.text.rfind("\n", 0, start))


def _text(value: object, _: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError("a text, not empty")
    return value


def _path(value: object, base: Path) -> Path:
    return base / _text(value, base)


def _visitors(value: object, base: Path) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    try:
        texts = [_text(item, base) for item in items]
    except TypeError:
        raise TypeError("a text or a list of texts, none empty") from None
    folder = "" if base == Path() else glob.escape(str(base))
    return tuple(text if text == "-" else os.path.join(folder, text) for text in texts)


def _mapping(value: object, base: Path) -> str:
    text = _text(value, base)
    is_path = "/" in text or text.endswith((".yaml", ".yml"))
    return str(base / text) if is_path else text


def _flag(value: object, _: Path) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false")
    return value


def _tiers(value: object, _: Path) -> dict[str, float]:
    wanted = "names of tiers with their lowest scores, 0 to 100, such as {A = 80, B = 50}"
    if not isinstance(value, dict) or not value:
        raise TypeError(wanted)
    for name, bound in value.items():
        is_number = isinstance(bound, int | float) and not isinstance(bound, bool)
        if not name.strip() or not is_number or not 0 <= bound <= 100:
            raise TypeError(wanted)
    if len(set(value.values())) < len(value):
        raise TypeError("bounds of which each differs from the others")
    return value


_READERS: dict[str, Callable[[object, Path], Any]] = {
    "dir": _path,
    "org": _text,
    "visitors": _visitors,
    "mapping": _mapping,
    "case_sensitive": _flag,
    "api": _flag,
    "tiers": _tiers,
}


def _bad(findings: list[Finding]) -> IcpctlError:
    return IcpctlError("the settings are not right", "bad_settings", findings=findings)
