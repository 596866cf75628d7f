"""SQL for a warehouse: on stdout or in a file, for dbt with the model's tests beside it."""

from __future__ import annotations

import re
import sys
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError, Location
from icpctl.features.shared.extras import require
from icpctl.features.shared.file_changes import write_outputs
from icpctl.files import read_regular
from icpctl.output.console import note, print_written
from icpctl.output.layout import STDOUT
from icpctl.output.wording import counted
from icpctl.values.date_forms import instant_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from icpctl.config.model import ConfigFile
    from icpctl.features.sql.rendering import Wrapping
    from icpctl.features.sql.request import Request

DEFAULT_NAME = "icp_verdicts"
_MODEL = re.compile("[A-Za-z_][A-Za-z0-9_]*")


class SqlTarget(Struct, frozen=True):
    """What to make of the SELECT, its name, and the file to write; None is stdout."""

    form: str = "select"
    name: str | None = None
    out: Path | None = None


def write_sql(
    configs: Sequence[ConfigFile], folder: Path, request: Request, target: SqlTarget
) -> None:
    """Write the SQL for the configs of a folder.

    Raises `IcpctlError`: `no_sqlglot`, `not_expressible`, `bad_usage`, `exists`, `not_written`.
    """
    began = time.perf_counter()
    require("sqlglot", "sql", "SQL needs", "no_sqlglot")
    from icpctl.features.sql.rendering import render, schema_tests
    from icpctl.features.sql.statement import make_statement

    wrapping = _wrapping(configs, folder, request, target)
    statement = make_statement(configs, request)
    text = render(statement, request, wrapping)
    written: dict[Path, bytes] = {}
    if target.out is not None and str(target.out) != STDOUT:
        written[target.out] = text.encode()
        if target.form == "dbt":
            beside = target.out.with_suffix(".yml")
            _require_ours(beside)
            slugs = [file.slug for file in configs]
            written[beside] = schema_tests(target.out.stem, slugs, request.dialect).encode()
        write_outputs(written)
        print_written(*written, since=began)
    else:
        sys.stdout.write(text)
    note(f"reads from {'.'.join(request.table)}: {', '.join(statement.reads)}")


def _wrapping(
    configs: Sequence[ConfigFile], folder: Path, request: Request, target: SqlTarget
) -> Wrapping:
    from icpctl.features.sql.rendering import Wrapping
    from icpctl.features.sql.request import table_parts

    name: tuple[str, ...] = ()
    if target.form in ("view", "table"):
        name = table_parts(target.name or DEFAULT_NAME)
    elif target.name is not None:
        raise IcpctlError(
            "--name is the name of a view or a table",
            "bad_usage",
            hint="a dbt model has the name of its file: --out models/icp_verdicts.sql",
        )
    elif target.form == "dbt":
        name = (_model(target.out),)
    if name == request.table:
        raise IcpctlError(
            f"{'.'.join(name)} is the table of visitors, so the result cannot have this name",
            "bad_usage",
            hint="another --name, or for dbt another --out",
        )
    until = "the time it runs" if request.as_of is None else instant_text(request.as_of)
    case = "significant" if request.case_sensitive else "ignored"
    words = [
        f"{counted(len(configs), 'config')} of {folder} in the SQL of {request.dialect}, "
        "written by icpctl sql.",
        f"For each row: id, icp_match, icp, icp_score, {_columns(configs, request)}.",
        f"Days are counted up to {until}; letter case is {case}.",
        *_assumptions(request),
    ]
    return Wrapping(target.form, name, tuple(words))


def _columns(configs: Sequence[ConfigFile], request: Request) -> str:
    """Return the columns of a verdict after its score, in words."""
    matches = "matches as JSON text"
    more = ["icp_tier"] if request.tiers else []
    more += ["excluded_by"] if any(file.config.exclude for file in configs) else []
    return ", ".join([matches, *more]) if more else f"and {matches}"


def _assumptions(request: Request) -> list[str]:
    """Return the assumptions about the table if SQL does less than the reader of exports."""
    from icpctl.features.sql.dialects import DIALECTS

    lowered = "" if request.case_sensitive else ", also in lower case"
    composed = f"letters and their accents are composed (NFC){lowered}"
    return [
        "Assumed: numbers in texts are plain (1200, 0.5), "
        "counts and ranges also 1,200, 1K, 51-200.",
        "Assumed: UTM parameters are in separate columns.",
        *([] if DIALECTS[request.dialect].composes else [f"Assumed: {composed}."]),
    ]


def _model(out: Path | None) -> str:
    """Return the name of a model by its file. Raises `IcpctlError` `bad_usage`."""
    hint = "such as --out models/icp_verdicts.sql"
    if out is None:
        raise IcpctlError("--as dbt writes two files", "bad_usage", hint=hint)
    if out.suffix != ".sql" or not _MODEL.fullmatch(out.stem):
        raise IcpctlError(f"{out} cannot be the file of a model", "bad_usage", hint=hint)
    return out.stem


def _require_ours(path: Path) -> None:
    """Refuse to replace a properties file that icpctl did not write."""
    from icpctl.features.sql.rendering import SCHEMA_HEAD

    head = SCHEMA_HEAD.encode()
    try:
        is_ours = read_regular(path, len(head), "exists", note=False).startswith(head)
    except FileNotFoundError:
        return
    if not is_ours:
        raise IcpctlError(
            "this file was not written by icpctl sql, and would be replaced",
            "exists",
            Location(str(path)),
            "move it, or give the model another name with --out",
        )
