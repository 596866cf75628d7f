"""`icpctl create`."""

from typing import Annotated

import typer

from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode
from icpctl.features.editing.commands.options import (
    Active,
    Body,
    DryRun,
    Label,
    Output,
    Prefer,
    Rules,
    Where,
)
from icpctl.output.console import FileFormat


def create(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="SLUG|LABEL", help="The slug, or a label from which the slug is made."
        ),
    ] = None,
    *,
    file: Body = None,
    label: Label = None,
    rules: Rules = None,
    where: Where = None,
    prefer: Prefer = None,
    priority: Annotated[
        int | None, typer.Option(metavar="N", help="Order of the config; lower comes first.")
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option(metavar="N", help="Lowest score that matches, 0 to 100."),
    ] = None,
    exclude: Annotated[
        bool, typer.Option("--exclude", help="Exclude visitors that match: they get no ICP.")
    ] = False,
    active: Active = None,
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="Format of the new file.")
    ] = "yaml",
    dry_run: DryRun = False,
    directory: Dir = None,
    org: Org = None,
    output: Output = "yaml",
) -> ExitCode:
    """Make a config, from a file or in words, and print it.

    Its rules come from --file, from --rules, or from --where and --prefer. Words are a condition
    type, a comparator and a value: "industry in Technology, SaaS". A value that begins
    with [, { or " is JSON.
    """
    from icpctl.config.definitions import NOTHING_DEFINED
    from icpctl.features.editing.bodies import given
    from icpctl.features.editing.drafting import Wish, drafted
    from icpctl.features.editing.output.config_lists import SINGLES
    from icpctl.features.editing.writing import create
    from icpctl.output.console import note

    is_json = file_format == "json"
    words = (where or (), prefer or (), priority, active, is_json)
    folder = workspace(directory, org)
    definitions = folder.definitions() if folder.exists() else NOTHING_DEFINED
    more = (min_score, exclude, definitions)
    slug, data = drafted(Wish(name, label, given(file), given(rules), *words, *more))
    made = create(folder, slug, data, is_json=is_json, dry_run=dry_run)
    SINGLES[output](made)
    note(f"{'would create' if dry_run else 'created'} {made.path}")
    return ExitCode.DONE
