"""Verdicts of the rows of a DataFrame that somebody has."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.config.files import ConfigFile
from icpctl.config.store import Workspace
from icpctl.errors import IcpctlError
from icpctl.output.rows import VERDICT
from icpctl.scoring.run import Options
from icpctl.spark.frames import columns_needed, quoted, spark_type
from icpctl.spark.tables import RECORD
from icpctl.spark.tasks import kept_name, plain_task
from icpctl.spark.work import File, Work
from icpctl.visitors.mapping import load_mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pyspark.sql import DataFrame

    from icpctl.config.model import IcpConfig

_NAME = "rows"
"""What stands for a file's name, which rows of a DataFrame have not."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Configs and how to score with them."""

    work: Work

    @classmethod
    def of(
        cls,
        configs: str | Path | Sequence[ConfigFile | tuple[str, IcpConfig]],
        mapping: str | None,
        as_of: datetime | None,
        case_sensitive: bool,
    ) -> Scoring:
        """Takes the arguments of `icpctl.spark.score`."""
        if isinstance(configs, str | Path):
            configs = Workspace(Path(configs)).configs()
        pairs = [(it.slug, it.config) if isinstance(it, ConfigFile) else it for it in configs]
        if as_of is not None and as_of.tzinfo is None:
            raise IcpctlError(
                "as_of has no time zone", "bad_usage", hint="such as datetime(..., tzinfo=UTC)"
            )
        loaded = load_mapping(mapping)
        if loaded.by:
            raise IcpctlError(
                f"the mapping {loaded.name} is of events, which are not rolled up here",
                "not_on_spark",
                loaded.where,
                "make visitors of them first: icpctl rollup",
            )
        options = Options(case_sensitive=case_sensitive)
        if as_of is not None:
            options = Options(as_of.astimezone(UTC), case_sensitive=case_sensitive)
        files = {0: File(_NAME, loaded)}
        return cls(Work(uuid.uuid4().hex, tuple(pairs), options, files, form="parquet"))

    def of_rows(self, visitors: DataFrame, keep: tuple[str, ...]) -> DataFrame:
        """The verdicts, and the columns `keep` as they are."""
        from pyspark.sql import functions as f
        from pyspark.sql.types import StructType

        fields = {field.name: field for field in visitors.schema.fields}
        for name in keep:
            if name not in fields or name in VERDICT:
                why = "is a column of the verdicts" if name in VERDICT else "is no column"
                raise IcpctlError(f"{name!r} {why}, and cannot be kept", "bad_usage")
        work = self.work
        names = columns_needed(work, list(fields))
        schema = StructType()
        for name, kind in work.types.items():
            schema.add(name, spark_type(kind))
        for name in keep:
            schema.add(fields[name])
        record = f.struct(*(f.col(quoted(name)) for name in names)).alias(RECORD)
        # Under names of our own: Spark looks each name of a frame up, and some it cannot find.
        kept = [f.col(quoted(name)).alias(kept_name(at)) for at, name in enumerate(keep)]
        return visitors.select(record, *kept).mapInArrow(plain_task(work, keep), schema)
