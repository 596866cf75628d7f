"""The finding codes: what each means, with a bad and a good example. `describe` and docs read it.

They are in `codes.toml`: 0xx the file and its text, 1xx the structure, 2xx rules and values,
3xx warnings, 4xx settings, 5xx mappings, 8xx custom fields, 9xx the partner's API. A feature has
its codes in `features/NAME/codes.toml`.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from icpctl.errors import severity_of

if TYPE_CHECKING:
    from icpctl.errors import Severity

Level = Literal[
    "path",
    "file",
    "config",
    "condition",
    "settings",
    "mapping",
    "proof",
    "columns",
    "fields",
    "words",
]


class Code(Struct, frozen=True):
    """One code of findings.

    `level` says what the examples are: words about a file's path, a whole YAML file, the first
    lines of a config whose rules are right, one condition, a file of settings, mappings or fields,
    a whole YAML file that is valid, or words.
    """

    name: str
    title: str
    meaning: str
    level: Level
    bad: str
    good: str

    @property
    def severity(self) -> Severity:
        """Return what findings of this code are unless `--strict` makes them errors."""
        return severity_of(self.name)


class Section(Struct, frozen=True):
    """The codes that begin with `prefix`, for the page of all codes."""

    prefix: str
    title: str
    meaning: str


CODES: dict[str, Code] = {}
"""Every code, in order."""

SECTIONS: list[Section] = []
"""What codes are about, by how they begin, in order."""


def _read_tables() -> None:
    """Read what the core and the features have: a table of examples is a code, else a section."""
    own = Path(__file__).with_name("codes.toml")
    entries: dict[str, dict[str, Any]] = {}
    for file in (own, *own.parents[1].glob("features/*/codes.toml")):
        entries |= tomllib.loads(file.read_text("utf-8"))
    for name, entry in sorted(entries.items()):
        entry["meaning"] = " ".join(entry["meaning"].split())
        if "level" in entry:
            CODES[name] = Code(name, **entry)
        else:
            SECTIONS.append(Section(name, **entry))


_read_tables()
