"""What each dialect can do exactly, and how to write it: one file per dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.features.sql.dialects.bigquery import BigQuery
from icpctl.features.sql.dialects.clickhouse import ClickHouse
from icpctl.features.sql.dialects.duckdb import DuckDb
from icpctl.features.sql.dialects.postgres import Postgres
from icpctl.features.sql.dialects.redshift import Redshift
from icpctl.features.sql.dialects.snowflake import Snowflake
from icpctl.features.sql.dialects.spark import Databricks, Spark
from icpctl.features.sql.dialects.trino import Trino

if TYPE_CHECKING:
    from icpctl.features.sql.dialects.base import Dialect

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        DuckDb(),
        Postgres(),
        BigQuery(),
        Snowflake(),
        Databricks(),
        Spark(),
        Redshift(),
        ClickHouse(),
        Trino(),
    )
}
"""Each dialect by its name."""
