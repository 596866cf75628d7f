"""Runs the public `score` over configs and records given as Python values."""

from __future__ import annotations

import json
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from icpctl.config.model import IcpConfig
from icpctl.output.rows import FORMATS, Layout
from icpctl.scoring.run import Options, score

AS_OF = "2026-11-23T12:00:00Z"


def score_records(
    configs: list[tuple[str, dict[str, Any]]],
    records: list[dict[str, Any]],
    *,
    as_of: str = AS_OF,
    case_sensitive: bool = False,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of `score --out`, in the records' order, and the report of `score -o json`."""
    models = [(slug, IcpConfig.model_validate(body)) for slug, body in configs]
    options = Options(datetime.fromisoformat(as_of), case_sensitive=case_sensitive)
    with tempfile.TemporaryDirectory() as folder:
        visitors, out = Path(folder, "visitors.jsonl"), Path(folder, "rows.jsonl")
        visitors.write_text("".join(json.dumps(record) + "\n" for record in records))
        with out.open("wb") as file:
            writer = FORMATS[".jsonl"](file, Layout())
            run = score([str(visitors)], models, options, on_rows=writer.write)
            writer.close()
        rows = [json.loads(line) for line in out.read_text().splitlines()]
    return rows, json.loads(run.report.model_dump_json(by_alias=True))
