"""Verdicts of the rows of a DataFrame that the caller has."""

from __future__ import annotations

import os
import sys
import uuid
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icpctl.config.model import ConfigFile, named_configs
from icpctl.config.store import Workspace
from icpctl.errors import IcpctlError
from icpctl.mappings.loading import load_mapping
from icpctl.output.layout import EXCLUDED_BY, TIER, VERDICT, Layout
from icpctl.scoring.run import Options
from icpctl.spark.inputs.frames import columns_needed, quoted, schema_of
from icpctl.spark.inputs.tables import RECORD
from icpctl.spark.tasks import kept_name, plain_task
from icpctl.spark.work import File, Work

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pyspark.sql import DataFrame

    from icpctl.config.model import IcpConfig
    from icpctl.mappings.mapping import Mapping

_NAME = "rows"
"""The name in place of a file's, which rows of a DataFrame do not have."""


def verdicts_of(
    visitors: DataFrame,
    configs: str | Path | Sequence[ConfigFile | tuple[str, IcpConfig]],
    mapping: str | None,
    options: Options,
    keep: tuple[str, ...],
) -> DataFrame:
    """Do as `icpctl.spark.score` documents."""
    from pyspark.sql import functions as f

    _run_workers_with_this_python(visitors)
    keep = tuple(dict.fromkeys(keep))
    fields = {field.name: field for field in visitors.schema.fields}
    for name in keep:
        is_taken = name in (*VERDICT, TIER, EXCLUDED_BY)
        if name not in fields or is_taken:
            why = "is a column of the verdicts" if is_taken else "is not a column"
            raise IcpctlError(f"{name!r} {why}, and cannot be kept", "bad_usage")
    work = _work(configs, mapping, options)
    schema = schema_of(work.types)
    for name in keep:
        schema.add(fields[name])
    names = columns_needed(work, list(fields))
    for name in names:
        if "variant" in fields[name].dataType.simpleString():
            raise IcpctlError(
                f"the column {name!r} holds VARIANT, which is not read",
                "bad_usage",
                hint="make a type of it: variant_get(column, '$', 'array<string>')",
            )
    record = f.struct(*(f.col(quoted(name)) for name in names)).alias(RECORD)
    # Under names of our own: Spark looks each name of a frame up, and some it cannot find.
    kept = [f.col(quoted(name)).alias(kept_name(at)) for at, name in enumerate(keep)]
    return visitors.select(record, *kept).mapInArrow(plain_task(work, keep), schema)


def _run_workers_with_this_python(visitors: DataFrame) -> None:
    """Name this Python for the workers, unless the environment or Spark's settings name another.

    Spark's own default is the first `python3` of the PATH, which has no icpctl where a program
    runs without an activated environment. A session of Spark Connect has no context to say it to.
    """
    context: Any = getattr(visitors.sparkSession, "_sc", None)
    if context is None or "PYSPARK_PYTHON" in os.environ:
        return
    if context.getConf().get("spark.pyspark.python") is None:
        context.pythonExec = sys.executable


def options_of(as_of: datetime | None, case_sensitive: bool) -> Options:
    """Return how to score; `as_of` None is now. Raises `bad_usage` if it has no time zone."""
    if as_of is None:
        return Options(case_sensitive=case_sensitive)
    if as_of.tzinfo is None:
        raise IcpctlError(
            "as_of has no time zone", "bad_usage", hint="such as datetime(..., tzinfo=UTC)"
        )
    return Options(as_of.astimezone(UTC), case_sensitive=case_sensitive)


def _work(
    configs: str | Path | Sequence[ConfigFile | tuple[str, IcpConfig]],
    mapping: str | None,
    options: Options,
) -> Work:
    if isinstance(configs, str | Path):
        configs = Workspace(Path(configs)).configs()
    pairs = named_configs(configs)
    if not pairs:
        raise IcpctlError("no configs to score with", "no_configs")
    loaded = load_mapping(mapping)
    _refuse_events(loaded)
    files = {0: File(_NAME, loaded)}
    layout = Layout().used_by((config for _, config in pairs), options.tiers)
    return Work(uuid.uuid4().hex, tuple(pairs), options, files, layout, form="parquet")


def _refuse_events(mapping: Mapping) -> None:
    """Raise `IcpctlError` `not_on_spark` for a mapping whose records are rolled up."""
    if mapping.by:
        raise IcpctlError(
            f"these records are {mapping.title}, to be rolled up to visitors first",
            "not_on_spark",
            mapping.where,
            "icpctl rollup EXPORT --engine spark --out visitors.parquet makes visitors of them, "
            "which Spark then scores",
        )
