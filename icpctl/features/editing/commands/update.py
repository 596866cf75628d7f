"""`icpctl update`."""

from typing import Annotated

import typer

from icpctl.cli.options import Dir, Org, Slug, workspace
from icpctl.errors import ExitCode
from icpctl.features.editing.commands.options import (
    Active,
    DryRun,
    Label,
    Output,
    Prefer,
    Rules,
    Where,
    conditions,
)


def update(
    slug: Slug,
    *,
    label: Label = None,
    priority: Annotated[
        int | None, typer.Option(metavar="N", help="Order of the config; lower comes first.")
    ] = None,
    no_priority: Annotated[
        bool,
        typer.Option("--no-priority", help="Remove the priority, so that the config comes last."),
    ] = False,
    active: Active = None,
    min_score: Annotated[
        float | None,
        typer.Option(metavar="N", help="Lowest score that matches, 0 to 100."),
    ] = None,
    where: Where = None,
    prefer: Prefer = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="C",
            help='Remove a condition, such as "industry exists" (repeatable).',
            autocompletion=conditions,
        ),
    ] = None,
    group: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            help="Change group N, counted from 1 (needed if there are several).",
        ),
    ] = None,
    rules: Rules = None,
    file: Annotated[
        str | None,
        typer.Option(
            "--file",
            "-f",
            metavar="F",
            help="Read the fields to change from F; null removes one; - is stdin.",
        ),
    ] = None,
    if_match: Annotated[
        str | None,
        typer.Option(metavar="ETAG", help="Change nothing if the file has another etag."),
    ] = None,
    dry_run: DryRun = False,
    directory: Dir = None,
    org: Org = None,
    output: Output = "yaml",
) -> ExitCode:
    """Change fields or conditions of a config, keep the rest of its file, and print it.

    --where, --prefer and --drop take conditions in words: "industry in Technology, SaaS". With
    --dry-run the difference is printed.
    """
    from icpctl.features.editing.bodies import given
    from icpctl.features.editing.changes import Changes
    from icpctl.features.editing.group_changes import GroupChanges
    from icpctl.features.editing.output.config_lists import SINGLES
    from icpctl.features.editing.output.diffs import print_change
    from icpctl.features.editing.writing import update
    from icpctl.output.console import note

    in_words = GroupChanges(where or (), prefer or (), drop or (), group)
    texts = given(rules), given(file)
    changes = Changes(label, priority, no_priority, active, *texts, in_words, min_score)
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
