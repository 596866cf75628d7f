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

    @property
    def help(self) -> str:
        """Return what the code means, with its examples, as Markdown."""
        bad, good = self._shown(self.bad), self._shown(self.good)
        return f"{self.meaning}\n\nBad:\n\n{bad}\nGood:\n\n{good}"

    def _shown(self, example: str) -> str:
        if self.level in ("path", "words"):
            return f"{capital(example)}.\n"
        language = "toml" if self.level == "settings" else "yaml"
        return f"```{language}\n{shown_example(example).rstrip()}\n```\n"


def shown_example(text: str) -> str:
    """Return an example with escapes for what no page shows."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def capital(text: str) -> str:
    """Return a text with a capital letter at its start."""
    return text[:1].upper() + text[1:]


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
