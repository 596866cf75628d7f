"""Databases that execute statements over rows: DuckDB, a PostgreSQL of our own, Spark."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import duckdb

from icpctl.visitors.mapping import FIELDS
from icpctl.warehouse.columns import ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator

Rows = list[dict[str, Any]]
Types = dict[str, ColumnType]
T = ColumnType


class Engine(Protocol):
    """A database with a table `visitors`, which each run replaces."""

    name: str

    def run(self, sql: str, rows: Rows, types: Types) -> list[tuple[Any, ...]]:
        """What a statement gives for rows of the table."""


class DuckDb:
    """DuckDB in memory."""

    name = "duckdb"
    _types: ClassVar = {
        T.TEXT: "VARCHAR",
        T.NUMBER: "DOUBLE",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMPTZ",
        T.LIST: "VARCHAR[]",
        T.JSON: "VARCHAR",
    }

    def run(self, sql: str, rows: Rows, types: Types) -> list[tuple[Any, ...]]:
        with duckdb.connect() as connection:
            connection.execute(_create(types, self._types))
            connection.executemany(
                f"insert into visitors values ({', '.join('?' * len(FIELDS))})",
                [[row[name] for name in FIELDS] for row in rows],
            )
            return connection.execute(sql).fetchall()


class Postgres:
    """A server that `postgres_server` started."""

    name = "postgres"
    _types: ClassVar = {
        T.TEXT: "TEXT",
        T.NUMBER: "DOUBLE PRECISION",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMPTZ",
        T.LIST: "TEXT[]",
        T.JSON: "JSONB",
    }

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def run(self, sql: str, rows: Rows, types: Types) -> list[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        cursor.execute("drop table if exists visitors")
        cursor.execute(_create(types, self._types))
        cursor.executemany(
            f"insert into visitors values ({', '.join(['%s'] * len(FIELDS))})",
            [[row[name] for name in FIELDS] for row in rows],
        )
        cursor.execute(sql)
        return list(cursor.fetchall())


class Spark:
    """Spark SQL in this process."""

    name = "spark"
    _types: ClassVar = {
        T.TEXT: "STRING",
        T.NUMBER: "DOUBLE",
        T.BOOLEAN: "BOOLEAN",
        T.TIMESTAMP: "TIMESTAMP",
        T.LIST: "ARRAY<STRING>",
        T.JSON: "STRING",
    }

    def __init__(self, session: Any) -> None:
        self.session = session

    def run(self, sql: str, rows: Rows, types: Types) -> list[tuple[Any, ...]]:
        schema = ", ".join(f"`{name}` {self._types[types[name]]}" for name in FIELDS)
        values = [tuple(row[name] for name in FIELDS) for row in rows]
        frame = self.session.createDataFrame(values, schema)
        frame.createOrReplaceTempView("visitors")
        return [tuple(row) for row in self.session.sql(sql).collect()]


def why_no_spark() -> str | None:
    """Why no Spark can be started here, if so."""
    try:
        import pyspark
    except ImportError as error:
        return f"pyspark: {error}"
    del pyspark
    return None if shutil.which("java") else "there is no Java on this machine"


@contextmanager
def spark_session() -> Iterator[Spark]:
    """A session on one core, without its web page."""
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory(prefix="icpctl-spark-") as folder:
        settings = {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.warehouse.dir": folder,
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.session.timeZone": "America/New_York",
        }
        builder = SparkSession.builder.master("local[1]").appName("icpctl sql")
        session = builder.config(map=settings).getOrCreate()
        try:
            yield Spark(session)
        finally:
            session.stop()


def _create(types: Types, names: dict[ColumnType, str]) -> str:
    columns = ", ".join(f'"{name}" {names[types[name]]}' for name in FIELDS)
    return f"create table visitors ({columns})"


def postgres_programs() -> Path | None:
    """The folder of the newest PostgreSQL on this machine."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    folders = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(folders, key=lambda it: int(it.parts[-3]), default=None)
    return newest.parent if newest else None


def why_no_postgres() -> str | None:
    """Why no server can be started here, if so; with ICPCTL_POSTGRES that is no excuse."""
    reason = _why_no_postgres()
    assert reason is None or "ICPCTL_POSTGRES" not in os.environ, reason
    return reason


def _why_no_postgres() -> str | None:
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
