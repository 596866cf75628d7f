"""The report of `validate`: the findings of a number of files, their counts and places."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.loading import Loaded
    from icpctl.errors import Finding


class Report(Struct, frozen=True):
    """The findings of a number of files; `valid` names the files without an error."""

    files: int
    findings: Sequence[Finding]
    valid: Sequence[str] = ()

    @classmethod
    def of(cls, loaded: Loaded, *, strict: bool = False) -> Report:
        """Return the report of what was read; `strict` makes warnings errors."""
        findings = loaded.findings
        if strict:
            findings = [replace(finding, severity="error") for finding in findings]
        return cls(loaded.files, findings, [str(config.path) for config in loaded.configs])

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return len(self.findings) - self.errors

    def summary(self) -> str:
        """Return the counts in one line."""
        errors, warnings = _count(self.errors, "error"), _count(self.warnings, "warning")
        return f"{errors}, {warnings} in {_count(self.files, 'file')}"

    def by_file(self) -> dict[str, list[Finding]]:
        """Return the findings of each file, sorted by its name; valid files have none or warnings.

        Every file is named, since a file is valid or has a finding.
        """
        by_file: dict[str, list[Finding]] = {file: [] for file in self.valid}
        for finding in self.findings:
            by_file.setdefault(finding.location.file, []).append(finding)
        return dict(sorted(by_file.items()))

    def body(self) -> dict[str, Any]:
        """Return `{files, errors, warnings, findings: [...]}`."""
        return {
            "files": self.files,
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [finding_body(finding) for finding in self.findings],
        }


def finding_body(finding: Finding) -> dict[str, Any]:
    """Return a finding as it is in JSON."""
    return {
        "file": finding.location.file,
        "line": finding.location.line,
        "column": finding.location.column,
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
    }


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def repository_path(file: str) -> str:
    """Return a file's path from the root of its git repository, with slashes.

    That is the repository of the working folder, or else the one that holds the file; a file
    in none keeps its name. Links are not followed, because git does not either.
    """
    here, place = os.getcwd(), os.path.abspath(file)
    for root in (_root(here), _root(os.path.dirname(place))):
        if root is not None and place.startswith(os.path.join(root, "")):
            return os.path.relpath(place, root).replace(os.sep, "/")
    return file.replace(os.sep, "/")


@cache
def _root(folder: str) -> str | None:
    """Return the nearest folder, from this one upwards, with a `.git` in it."""
    while not os.path.exists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder
