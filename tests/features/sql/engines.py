"""Databases that execute statements over rows: DuckDB, a PostgreSQL of our own, Spark."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from abc import ABC, abstractmethod
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pyarrow as pa
import pyarrow.parquet as pq

from icpctl.features.sql.columns import ColumnType
from icpctl.mappings.mapping import FIELDS
from tests.spark.engine import spark

if TYPE_CHECKING:
    from collections.abc import Iterator

Rows = list[dict[str, Any]]
Types = dict[str, ColumnType]
T = ColumnType


ARROW = {
    T.TEXT: pa.string(),
    T.NUMBER: pa.float64(),
    T.BOOLEAN: pa.bool_(),
    T.TIMESTAMP: pa.timestamp("us", "UTC"),
    T.LIST: pa.list_(pa.string()),
    T.JSON: pa.string(),
}


class Engine(ABC):
    """A database with a table `visitors`, which each run replaces; its time zone is not UTC."""

    name: str
    types: ClassVar[dict[ColumnType, str]]

    @abstractmethod
    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        """What a statement gives."""

    @abstractmethod
    def fill(self, columns: dict[str, str], rows: list[list[Any]]) -> None:
        """Make the table, by the types of its columns."""

    def run(self, sql: str, rows: Rows, types: Types) -> list[tuple[Any, ...]]:
        """What a statement gives for rows of the table."""
        columns = {name: self.types[types[name]] for name in FIELDS}
        self.fill(columns, [[row[name] for name in FIELDS] for row in rows])
        return self.execute(sql)


class _Connected(Engine):
    """A database behind a connection."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.execute("set timezone = 'America/New_York'")

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        found = self.connection.execute(sql)
        return list(found.fetchall()) if found.description else []

    def fill(self, columns: dict[str, str], rows: list[list[Any]]) -> None:
        self.execute("drop table if exists visitors")
        described = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        self.execute(f"create table visitors ({described})")
        self.insert(rows)

    @abstractmethod
    def insert(self, rows: list[list[Any]]) -> None:
        """Fill the table, which has as many columns as each row has values."""


class DuckDb(_Connected):
    """DuckDB in memory."""

    name = "duckdb"
    types: ClassVar = {
        T.TEXT: "VARCHAR",
        T.NUMBER: "DOUBLE",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMPTZ",
        T.LIST: "VARCHAR[]",
        T.JSON: "VARCHAR",
    }

    def insert(self, rows: list[list[Any]]) -> None:
        # Row by row a thousand would take seconds.
        columns = [pa.array(column, from_pandas=False) for column in zip(*rows, strict=True)]
        self.connection.register(
            "rows", pa.table(columns, [f"c{it}" for it in range(len(columns))])
        )
        self.execute("insert into visitors from rows")


class Postgres(_Connected):
    """A server that `postgres_server` started."""

    name = "postgres"
    types: ClassVar = {
        T.TEXT: "TEXT",
        T.NUMBER: "DOUBLE PRECISION",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMPTZ",
        T.LIST: "TEXT[]",
        T.JSON: "JSONB",
    }

    def insert(self, rows: list[list[Any]]) -> None:
        with self.connection.cursor() as cursor, cursor.copy("copy visitors from stdin") as copy:
            for row in rows:
                copy.write_row(row)


class ClickHouse(Engine):
    """ClickHouse, in this process. A list that is missing is an empty one there."""

    name = "clickhouse"
    types: ClassVar = {
        T.TEXT: "Nullable(String)",
        T.NUMBER: "Nullable(Float64)",
        T.BOOLEAN: "Nullable(Bool)",
        T.TIMESTAMP: "Nullable(DateTime64(6, 'UTC'))",
        T.LIST: "Array(Nullable(String))",
        T.JSON: "Nullable(String)",
    }

    def __init__(self, folder: str) -> None:
        from chdb.session import Session

        self.session = Session(folder)
        self.file = Path(folder, "rows.parquet")
        self.execute("set session_timezone = 'America/New_York'")

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        answer = self.session.query(sql, "Parquet").bytes()
        if not answer:
            return []
        table = pq.read_table(BytesIO(answer))
        return list(zip(*(column.to_pylist() for column in table.columns), strict=True))

    def fill(self, columns: dict[str, str], rows: list[list[Any]]) -> None:
        described = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        self.execute("drop table if exists visitors")
        self.execute(f"create table visitors ({described}) engine = Memory")
        kinds = {kind: ARROW[type_] for type_, kind in self.types.items()}
        arrays = [
            pa.array(column, kinds[kind], from_pandas=False)
            for column, kind in zip(zip(*rows, strict=True), columns.values(), strict=True)
        ]
        pq.write_table(pa.table(arrays, list(columns)), self.file)
        self.execute(f"insert into visitors select * from file('{self.file}', Parquet)")


class BigQuery(Engine):
    """ZetaSQL, whose grammar, types and functions are BigQuery's; its table is a literal."""

    name = "bigquery"
    types: ClassVar = {
        T.TEXT: "STRING",
        T.NUMBER: "FLOAT64",
        T.BOOLEAN: "BOOL",
        T.TIMESTAMP: "TIMESTAMP",
        T.LIST: "ARRAY<STRING>",
        T.JSON: "STRING",
    }

    def __init__(self) -> None:
        from zetasql.api import CatalogBuilder
        from zetasql.types import (
            AnalyzerOptions,
            LanguageOptions,
            ProductMode,
            ZetaSQLBuiltinFunctionOptions,
        )

        language = LanguageOptions.maximum_features()
        language.product_mode = ProductMode.PRODUCT_EXTERNAL
        functions = ZetaSQLBuiltinFunctionOptions(language_options=language)
        self.options = AnalyzerOptions(language_options=language)
        self.catalog = CatalogBuilder("tests").with_builtin_functions(functions).build()
        self.rows = "select 1"

    def fill(self, columns: dict[str, str], rows: list[list[Any]]) -> None:
        struct = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        literals = [f"({', '.join(map(_literal, row))})" for row in rows]
        chunks = [literals[start : start + 500] for start in range(0, len(literals), 500)]
        self.rows = " union all ".join(  # an array has at most 1 MiB
            f"select * from unnest(array<struct<{struct}>>[{', '.join(chunk)}])"
            for chunk in chunks or [[]]
        )

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        from zetasql.api import PreparedQuery

        query = f"with visitors as ({self.rows}) select * from ({sql})"
        builder = PreparedQuery.builder().set_sql(query)
        builder = builder.set_analyzer_options(self.options).set_catalog(self.catalog)
        with builder.prepare() as prepared:
            table = prepared.execute().content.table_data
        return [tuple(map(_cell, row.cell)) for row in table.row]


def _literal(value: Any) -> str:
    """A value as ZetaSQL reads it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value)
        case float():
            return f"CAST('{value}' AS FLOAT64)"
        case datetime():
            return f"TIMESTAMP '{value.isoformat(' ')}'"
        case list():
            return f"ARRAY<STRING>[{', '.join(map(_literal, value))}]"
    # `repr` could write an escape that ZetaSQL does not know.
    return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'


def _cell(cell: Any) -> Any:
    if cell.numeric_value is not None:  # a whole number of billionths
        return int.from_bytes(cell.numeric_value, "little", signed=True) / 10**9
    kinds = ("string_value", "bool_value", "double_value", "int64_value")
    values = (getattr(cell, kind) for kind in kinds)
    return next((value for value in values if value is not None), None)


class Spark(Engine):
    """Spark SQL, in a session of its own of the Spark that all tests of a process share."""

    name = "spark"
    types: ClassVar = {
        T.TEXT: "STRING",
        T.NUMBER: "DOUBLE",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMP",
        T.LIST: "ARRAY<STRING>",
        T.JSON: "STRING",
    }

    def __init__(self) -> None:
        self.session = spark().newSession()
        self.session.conf.set("spark.sql.session.timeZone", "America/New_York")

    def execute(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.session.sql(sql).collect()]

    def fill(self, columns: dict[str, str], rows: list[list[Any]]) -> None:
        schema = ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
        frame = self.session.createDataFrame([tuple(row) for row in rows], schema)
        frame.createOrReplaceTempView("visitors")


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(folders, key=lambda it: int(it.parts[-3]), default=None)
    return newest.parent if newest else None


def why_no_postgres() -> str | None:
    """Why no server can be started here, if so."""
    try:
        import psycopg
    except ImportError as error:
        return f"psycopg: {error}"
    del psycopg
    if postgres_programs() is None:
        return "there is no PostgreSQL on this machine"
    if os.getuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL does not run as root, and there is no setpriv"
    return None


@contextmanager
def postgres_server() -> Iterator[Postgres]:
    """A server of its own in a temporary folder, which only its socket there leads to."""
    import psycopg

    programs = postgres_programs()
    assert programs
    # A socket's path is short, so it is not in pytest's own folder.
    with tempfile.TemporaryDirectory(prefix="icpctl-pg-", ignore_cleanup_errors=True) as folder:
        other: list[str] = []
        if os.getuid() == 0:
            shutil.chown(folder, "nobody")
            other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]

        def call(program: str, *arguments: str) -> None:
            command = [*other, str(programs / program), "-D", f"{folder}/data", *arguments]
            subprocess.run(command, check=True, capture_output=True, cwd=folder)

        call("initdb", "-U", "icpctl", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        settings = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "-w", "-l", f"{folder}/log", "-o", settings, "start")
        try:
            with psycopg.connect(
                host=folder,
                user="icpctl",
                dbname="postgres",
                autocommit=True,
                prepare_threshold=None,  # each run has a table of other types
            ) as connection:
                yield Postgres(connection)
        finally:
            call("pg_ctl", "-m", "immediate", "stop")
