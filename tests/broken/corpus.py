"""The corpus: its cases, what each must give, and what `validate` prints for it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from typer.testing import CliRunner

from icpctl import __version__
from icpctl.cli.app import app
from icpctl.output.console import FindingsFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
FORMATS: tuple[str, ...] = get_args(FindingsFormat)
SEPARATOR = f"\n{'=' * 80}\n"
CASES = [
    f"{part}/{it.name}" for part in ("configs", "folders") for it in sorted((HERE / part).iterdir())
]

# The cases whose findings are shown in every format; of the others one format is enough.
FEW = [
    *("configs/bad-indent.yaml", "configs/comparator-unknown.yaml", "configs/duplicate-key.yaml"),
    *("configs/hostile-text.yaml", "configs/json-trailing-comma.json", "configs/label-empty.yaml"),
    *("configs/latin-1.yaml", "configs/long-line.yaml", "configs/many-at-once.yaml"),
    *("configs/umlaut-ü.yaml", "folders/same-rules", "folders/same-label"),
]


def cases_of(form: str) -> list[str]:
    """Return the cases that the snapshot of a format shows."""
    return CASES if form == "text" else FEW


def expected() -> list[tuple[str, int, int, str]]:
    """(file, line, column, code) of every finding, as `findings.txt` has them."""
    rows = []
    for line in (HERE / "findings.txt").read_text("utf-8").splitlines():
        place, code = line.rsplit(" ", 1)
        file, row, column = place.rsplit(":", 2)
        rows.append((file, int(row), int(column), code))
    return rows


@contextmanager
def inside() -> Iterator[None]:
    """Work in the corpus, so that its files are named from there."""
    before = Path.cwd()
    os.chdir(HERE)
    try:
        yield
    finally:
        os.chdir(before)


def call(case: str, form: str) -> str:
    """The call, the exit code and both streams, as the snapshots show them."""
    args = ["validate", case, "-o", form]
    with inside():
        ended = CliRunner().invoke(app, args)
    parts = [f"$ icpctl {' '.join(args)}", f"exit code {ended.exit_code}"]
    for name, text in (("stdout", ended.stdout), ("stderr", ended.stderr)):
        printed = text.replace(f'"version": "{__version__}"', '"version": "VERSION"')
        if form in ("github", "sarif"):  # whose paths begin at a repository, if there is one
            printed = printed.replace("tests/broken/", "")
        parts += [f"--- {name}", printed]
    return "\n".join(parts)


def snapshot(form: str) -> str:
    """What `snapshots/FORM.txt` must hold."""
    return SEPARATOR.join(call(case, form) for case in cases_of(form))
