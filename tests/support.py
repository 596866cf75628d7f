"""Runs the public `score` over configs and visitors given as Python values or as files."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from icpctl.config.definitions import NOTHING_DEFINED, Definitions
from icpctl.config.model import IcpConfig
from icpctl.output.layout import Layout
from icpctl.output.verdict_rows import FORMATS
from icpctl.scoring.run import Options, score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.exports.columns.batches import Rejected
    from icpctl.mappings.mapping import Mapping

AS_OF = "2026-11-23T12:00:00Z"


class Scored(NamedTuple):
    """The rows of `score --out --with-line`, the rejected lines, and the report."""

    rows: list[dict[str, Any]]
    rejected: list[Rejected]
    report: dict[str, Any]


def score_files(
    configs: list[tuple[str, dict[str, Any]]],
    visitors: Sequence[str | Path],
    *,
    as_of: str = AS_OF,
    case_sensitive: bool = False,
    mapping: Mapping | None = None,
    carry: tuple[str, ...] = (),
    tiers: dict[str, float] | None = None,
    definitions: Definitions = NOTHING_DEFINED,
    encoding: str | None = None,
) -> Scored:
    """Scores what `visitors` name, as the command line does."""
    models = [(slug, IcpConfig.model_validate(body, context=definitions)) for slug, body in configs]
    when = datetime.fromisoformat(as_of)
    options = Options(
        when,
        case_sensitive=case_sensitive,
        mappings=(mapping,) if mapping else (),
        carry=carry,
        encoding=encoding,
        tiers=tiers or {},
    )
    rejected: list[Rejected] = []
    with tempfile.TemporaryFile() as file:
        layout = Layout(with_line=True, carry=carry)
        layout = layout.used_by((model for _, model in models), options.tiers)
        writer = FORMATS[".jsonl"](file, layout)
        run = score(
            [str(name) for name in visitors],
            models,
            options,
            on_rows=writer.write,
            on_rejected=rejected.append,
        )
        writer.close()
        file.seek(0)
        rows = [json.loads(line) for line in file]
    return Scored(rows, rejected, json.loads(run.report.model_dump_json(by_alias=True)))


def score_records(
    configs: list[tuple[str, dict[str, Any]]],
    records: list[dict[str, Any]],
    *,
    as_of: str = AS_OF,
    case_sensitive: bool = False,
    tiers: dict[str, float] | None = None,
    definitions: Definitions = NOTHING_DEFINED,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of `score --out`, in the records' order, and the report of `score -o json`."""
    with tempfile.TemporaryDirectory() as folder:
        visitors = Path(folder, "visitors.jsonl")
        visitors.write_text("".join(json.dumps(record) + "\n" for record in records))
        scored = score_files(
            configs,
            [visitors],
            as_of=as_of,
            case_sensitive=case_sensitive,
            tiers=tiers,
            definitions=definitions,
        )
    for row in scored.rows:
        del row["source"], row["line"]
    return scored.rows, scored.report
