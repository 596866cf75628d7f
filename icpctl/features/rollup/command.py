"""`icpctl rollup`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from icpctl.cli.options import (
    Dir,
    Encoding,
    Mapping,
    MaxRejects,
    OnSpark,
    Org,
    Rejects,
    TempDir,
    Visitors,
    known_vocabulary,
)
from icpctl.errors import ExitCode
from icpctl.output.console import ReportFormat


def rollup(
    *,
    out: Annotated[
        str,
        typer.Option(
            metavar="F", help="Write the visitors: .jsonl or .parquet; - is JSON lines on stdout."
        ),
    ],
    visitors: Visitors = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH|FIELD",
            help="Make one visitor of all records with the same value of this field, across "
            "files (default: the mapping's); repeatable, the first one found counts.",
        ),
    ] = None,
    directory: Dir = None,
    org: Org = None,
    mapping: Mapping = None,
    rejects: Rejects = None,
    max_rejects: MaxRejects = "0",
    temp_dir: TempDir = None,
    encoding: Encoding = None,
    on_spark: OnSpark,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "table",
) -> ExitCode:
    """Roll events or sessions up to visitors.

    Pages are put in order of time, page views and sessions are counted where no record has a
    count, and every other field keeps its latest value, also custom fields of the configs.
    """
    from icpctl.cli.scoring_options import encoding_of, mappings_of, visitor_keys, visitors_of
    from icpctl.features.rollup.printing import How, print_rollup, rollup_into
    from icpctl.output.console import print_written
    from icpctl.output.layout import require_lines
    from icpctl.scoring.bounds import parse_limit

    started = time.perf_counter()
    unbuilt = {"--out -": out == "-", "--encoding": encoding is not None}
    spark = on_spark.cluster(unbuilt)
    limit = parse_limit(max_rejects, "--max-rejects")
    types = known_vocabulary(directory, org).types
    custom = {name: entry for name, entry in types.items() if entry.is_custom}
    keys = visitor_keys(by or [], custom)
    require_lines(rejects)
    how = How(mappings_of(mapping), keys, temp_dir, encoding_of(encoding), custom)
    if spark:
        from icpctl.features.rollup.on_spark import roll_up_on

        run = roll_up_on(spark, visitors_of(visitors), how, out, rejects)
    else:
        kept = None if rejects is None else Path(rejects)
        run = rollup_into(visitors_of(visitors), how, out, kept)
    print_rollup(run, output, out, limit, rejects_kept=rejects is not None)
    print_written(out, rejects, since=started)
    exceeded = bool(run.damaged) or limit.exceeded(run.rejected, run.records)
    return ExitCode.FOUND if exceeded else ExitCode.DONE
