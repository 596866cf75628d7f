"""`icpctl sql`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from icpctl.cli.options import AsOf, CaseSensitive, Configs, Dir, Org, workspace
from icpctl.errors import ExitCode

SqlDialect = Literal[
    "duckdb",
    "postgres",
    "bigquery",
    "snowflake",
    "databricks",
    "spark",
    "redshift",
    "clickhouse",
    "trino",
]
SqlForm = Literal["select", "view", "table", "dbt"]


def sql(
    dialect: Annotated[SqlDialect, typer.Option(help="SQL dialect.")],
    table: Annotated[
        str,
        typer.Option(metavar="NAME", help="The table of visitors, such as analytics.visitors."),
    ],
    columns: Annotated[
        Path | None,
        typer.Option(metavar="F.yaml", help="File that says which columns hold the fields."),
    ] = None,
    form: Annotated[SqlForm, typer.Option("--as", help="What to make of the SELECT.")] = "select",
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the view or table (default: icp_verdicts)."),
    ] = None,
    directory: Dir = None,
    org: Org = None,
    config: Configs = None,
    as_of: AsOf = None,
    case_sensitive: CaseSensitive = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="F.sql", help="Write to F, for dbt also the tests to F.yml; - is stdout."
        ),
    ] = None,
) -> ExitCode:
    """Write the configs as SQL, for visitors that are in a warehouse.

    It gives id, icp_match, icp, icp_score and matches, as score does. What the dialect cannot
    express exactly is refused, with the reason. Without --as-of, days are counted up to the time it
    runs.
    """
    from icpctl.cli.scoring_options import instant_of, is_case_sensitive
    from icpctl.features.sql.printing import SqlTarget, write_sql
    from icpctl.features.sql.request import make_request
    from icpctl.settings import load_settings

    folder = workspace(directory, org)
    request = make_request(
        dialect,
        table,
        columns,
        as_of=None if as_of is None else instant_of(as_of),
        case_sensitive=is_case_sensitive(case_sensitive),
        tiers=load_settings().tiers,
        vocabulary=folder.definitions().vocabulary,
    )
    configs = folder.configs(config or [])
    write_sql(configs, folder.folder, request, SqlTarget(form, name, out))
    return ExitCode.DONE
