"""Config files read, each with what is wrong with it and with all of them together."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.config.file_names import SUFFIXES, is_slug, nearest_slug
from icpctl.errors import Finding, IcpctlError, Location, severity_of
from icpctl.files import read_regular

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from icpctl.config.definitions import Definitions
    from icpctl.config.model import ConfigFile
    from icpctl.documents.document import Document


class Loaded(Struct):
    """The outcome of reading some config files: the valid ones in order, and every finding.

    Without `lint` nothing looks for warnings.
    """

    lint: bool = True
    files: int = 0
    configs: list[ConfigFile] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def add(self, other: Loaded) -> None:
        """Take over the outcome of another reading."""
        self.files += other.files
        self.configs += other.configs
        self.findings += other.findings

    def compare(self) -> None:
        """Put the configs in order and find what is wrong among them, at its place in its file."""
        self.configs.sort(key=lambda config: config.order)
        if self.lint:
            from icpctl.config.lints import FOLDER_CHECKS

            for check in FOLDER_CHECKS:
                self.findings += check(self.configs)
        self.sort()

    def add_definitions(self, definitions: Definitions) -> None:
        """Take over what is wrong with what a folder defines."""
        new = [finding for finding in definitions.findings if finding not in self.findings]
        self.files += len({finding.location.file for finding in new})
        self.findings += new

    def sort(self) -> None:
        """Put the findings in the order of folders, files and lines."""
        self.findings.sort(key=_place)

    @property
    def is_valid(self) -> bool:
        """Whether no finding is an error."""
        return all(finding.severity != "error" for finding in self.findings)

    def require_valid(self) -> list[ConfigFile]:
        """Return the configs; raise `IcpctlError` with all findings when any is an error."""
        errors = [finding for finding in self.findings if finding.severity == "error"]
        broken = {finding.location.file for finding in errors}
        if broken:
            plural, are = "" if self.files == 1 else "s", "is" if len(broken) == 1 else "are"
            raise IcpctlError(
                f"{len(broken)} of {self.files} config file{plural} {are} not valid",
                "invalid_config",
                findings=self.findings,
            )
        return self.configs


def read_file(path: Path) -> Document:
    """Read a config file. What keeps it from being read is a problem of the document."""
    from icpctl.documents.document import MAX_BYTES
    from icpctl.documents.reading import read_document

    try:
        return read_document(read_regular(path, MAX_BYTES), str(path))
    except FileNotFoundError:
        return _unreadable(path, "no such file")
    except IcpctlError as error:
        return _unreadable(path, error.message)


def _unreadable(path: Path, message: str) -> Document:
    from icpctl.documents.document import Document, Problem

    return Document(str(path), b"", "", None, [Problem("ICP001", 0, message)])


def load_file(
    path: Path, org: str | None, loaded: Loaded, definitions: Definitions | None = None
) -> None:
    """Read one config file and add what it holds, and what is wrong with it, to `loaded`.

    `definitions` are what its folder defines, else what is beside it.
    """
    folder = os.path.dirname(path)
    document = read_file(path)
    load_document(
        document,
        path,
        org,
        lambda name: os.path.lexists(os.path.join(folder, name)),
        loaded,
        definitions,
    )


def load_document(
    document: Document,
    path: Path,
    org: str | None,
    exists: Callable[[str], bool],
    loaded: Loaded,
    definitions: Definitions | None = None,
) -> None:
    """Add what a config file holds; `exists` says whether a file of a name is beside it."""
    from icpctl.config.checks import check_document
    from icpctl.config.model import ConfigFile

    loaded.files += 1
    slug = path.stem if is_slug(path.stem) and path.suffix in SUFFIXES else None
    if slug is None:
        better = nearest_slug(path.stem)
        hint = f"rename it to {better}{path.suffix.lower()}" if better else None
        message = f"the file name {path.name!r} is not a slug"
        loaded.findings.append(file_finding("ICP015", path, message, hint))
    stem, ending = os.path.splitext(path.name)
    siblings = (stem + suffix for suffix in SUFFIXES if suffix != ending)
    if others := [path.with_name(sibling) for sibling in siblings if exists(sibling)]:
        loaded.findings.append(two_files(path, others))
    config, findings = check_document(document, slug, definitions=definitions, lint=loaded.lint)
    loaded.findings += findings
    if config is not None and slug is not None:
        loaded.configs.append(ConfigFile(slug, org, path, config, document.data))


def _place(finding: Finding) -> tuple[str, str, int, int]:
    """Return a finding's place among those of other files: folders, then names, then lines."""
    place = finding.location
    return (*os.path.split(place.file), place.line or 0, place.column or 0)


def two_files(path: Path, others: list[Path]) -> Finding:
    """Return the finding of a file whose slug other files have too."""
    message = f"the slug {path.stem!r} is also that of {' and '.join(map(str, others))}"
    return file_finding("ICP016", path, message, "keep one of them")


def outside(path: Path) -> Finding:
    """Return the finding of a link out of the folder of configs."""
    return file_finding("ICP018", path, "this link leads out of the folder of configs")


def file_finding(code: str, path: Path, message: str, hint: str | None = None) -> Finding:
    """Return a finding about a file as a whole, at its beginning."""
    return Finding(code, severity_of(code), message, Location(str(path), 1, 1), hint)
