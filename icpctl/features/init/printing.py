"""What `icpctl init` made, what it left, and what to do next."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from icpctl.features.init.making import MAPPING_FILE
from icpctl.features.init.texts import CI_FILES, PLACE
from icpctl.output.console import note, shown

if TYPE_CHECKING:
    from icpctl.features.init.making import Made, NewFile


def print_made(made: Made, ci: str | None) -> None:
    """Print one line per file on stdout, and the next steps on stderr."""
    lines = [("made", str(file.path), file.purpose) for file in made.made]
    lines += [("left", str(file.path), _why_left(file)) for file in made.left]
    width = max(len(shown(path)) for _, path, _ in lines)
    for verb, path, text in lines:
        print(f"{verb}  {shown(path):<{width}}  {shown(text)}")
    _print_ci_left(made, ci)
    _print_export(made)
    _print_steps(made, ci)


def _why_left(file: NewFile) -> str:
    if file.there is None or file.there == file.path:
        return "already exists"
    return f"{file.there} already exists"


def _print_ci_left(made: Made, ci: str | None) -> None:
    """Print what a file of CI that was left may be given by hand."""
    for file in made.left:
        if ci and file.path.as_posix().endswith(CI_FILES[ci][0]):
            note(f"{file.path} lacks this, unless you added it:")
            print(file.data.decode(), end="")


def _print_export(made: Made) -> None:
    if made.sample is None:
        return
    mapped = made.sample.mapped
    if made.drafted is None:
        note(f"{mapped.source} is read as {mapped.mapping.title}")
    elif made.drafted:
        pairs = ", ".join(f"{name} from {path}" for name, path in made.drafted.items())
        note(f"no built-in mapping fits {mapped.source}; {MAPPING_FILE} reads {pairs}: check it")
    else:
        note(f"no field was recognised in {mapped.source}; write its paths in {MAPPING_FILE}")


def _print_steps(made: Made, ci: str | None) -> None:
    steps = [] if _is_here(made) else [(f"cd {shlex.quote(str(made.folder))}", "go to the folder")]
    steps += [
        ("icpctl validate --strict", "check the config, after every change"),
        ("icpctl test", "run its tests"),
        (f"icpctl score{_visitors(made)}", "score an export with it"),
    ]
    width = max(len(shown(command)) for command, _ in steps)
    note("next:")
    for command, purpose in steps:
        note(f"  {command:<{width}}  {purpose}")
    if ci is None:
        note(f"--ci {'|'.join(CI_FILES)} adds a check in CI")
    elif any(PLACE.removeprefix("git+").encode() in file.data for file in made.made):
        note(f"say where your organization keeps icpctl in {CI_FILES[ci][0]}")


def _visitors(made: Made) -> str:
    """Return the words after `score`: none where the settings have them all."""
    if made.export is None:
        return " visitors.csv"
    if made.is_set_up:
        return ""
    mapping = "" if made.drafted is None else f" --mapping {MAPPING_FILE}"
    is_fixed = os.path.isabs(made.export)
    export = made.export if is_fixed else os.path.relpath(made.export, made.folder)
    return f" {shlex.quote(export)}{mapping}"


def _is_here(made: Made) -> bool:
    return os.path.abspath(made.folder) == os.getcwd()
