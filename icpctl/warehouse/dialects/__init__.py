"""What each dialect can do exactly, and how it is written: one file a dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.warehouse.dialects.bigquery import BigQuery
from icpctl.warehouse.dialects.clickhouse import ClickHouse
from icpctl.warehouse.dialects.duckdb import DuckDb
from icpctl.warehouse.dialects.postgres import Postgres
from icpctl.warehouse.dialects.redshift import Redshift
from icpctl.warehouse.dialects.snowflake import Snowflake
from icpctl.warehouse.dialects.spark import Databricks, Spark
from icpctl.warehouse.dialects.trino import Trino

if TYPE_CHECKING:
    from icpctl.warehouse.dialects.base import Dialect

DIALECTS: dict[str, Dialect] = {
    it.name: it
    for it in (
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
"""A dialect by its name."""
