"""`icpctl update`."""

from typing import Annotated

import typer

from icpctl.cli.options import (
    Active,
    Body,
    Dir,
    DryRun,
    Label,
    Org,
    Output,
    Rules,
    Slug,
    workspace,
)
from icpctl.errors import ExitCode


def update(
    slug: Slug,
    *,
    label: Label = None,
    priority: Annotated[int | None, typer.Option(help="Lower comes first.")] = None,
    no_priority: Annotated[
        bool, typer.Option("--no-priority", help="Take the priority away: it sorts last.")
    ] = False,
    active: Active = None,
    min_score: Annotated[
        float | None,
        typer.Option(metavar="N", help="The lowest score with which a visitor matches, 0 to 100."),
    ] = None,
    rules: Rules = None,
    file: Body = None,
    if_match: Annotated[
        str | None,
        typer.Option(metavar="ETAG", help="Refuse when the file has another etag by now."),
    ] = None,
    dry_run: DryRun = False,
    directory: Dir = None,
    org: Org = None,
    output: Output = "yaml",
) -> ExitCode:
    """Change what is said about a config, keep the rest of its file as it is, and print it.

    With --dry-run the difference is printed.
    """
    from icpctl.config.editing.bodies import given
    from icpctl.config.editing.writing import Changes, update
    from icpctl.output.config_lists import SINGLES
    from icpctl.output.console import note
    from icpctl.output.diffs import print_change

    changes = Changes(label, priority, no_priority, active, given(rules), given(file), min_score)
    folder = workspace(directory, org)
    change = update(folder, slug, changes, if_match=if_match, dry_run=dry_run)
    if dry_run:
        print_change(change)
    else:
        SINGLES[output](change.after)
    unchanged = "would not change" if dry_run else "unchanged:"
    changed = "would update" if dry_run else "updated"
    note(f"{unchanged if change.is_none else changed} {change.after.path}")
    return ExitCode.DONE
