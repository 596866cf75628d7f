"""`icpctl apply` and `icpctl diff`."""

from typing import Annotated

import typer

from icpctl.cli.options import Dir, Org, workspace
from icpctl.errors import ExitCode, IcpctlError
from icpctl.features.editing.commands.confirm import require_yes
from icpctl.features.editing.commands.options import DryRun, Yes
from icpctl.files import require_writable
from icpctl.output.console import PlanFormat

Sources = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE|FOLDER", help="Config files, or folders of them; - is stdin."),
]
Files = Annotated[
    list[str] | None,
    typer.Option("--file", "-f", metavar="F", help="The same as FILE (repeatable)."),
]
Prune = Annotated[
    bool, typer.Option("--prune", help="Delete the configs that the source does not have.")
]


def apply(
    sources: Sources = None,
    files: Files = None,
    *,
    prune: Prune = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    directory: Dir = None,
    org: Org = None,
    output: Annotated[PlanFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """Make the folder of configs hold these configs, byte for byte.

    An array, as `list -o json` prints it, is several configs. Nothing is done if one of them is not
    valid. Applying the same files again changes nothing.
    """
    from icpctl.features.editing.applying import carry_out, plan
    from icpctl.features.editing.output.diffs import PLANS, summary
    from icpctl.output.console import note

    planned = plan(workspace(directory, org), _named(sources, files), prune=prune)
    if not dry_run:
        require_writable()
    if planned.deleted and not dry_run:
        require_yes(f"Delete {', '.join(planned.deleted)}?", yes=yes)
    done = planned if dry_run else carry_out(planned, is_sure=yes)
    PLANS[output](done)
    for path in (path for step in done.changes for path in step.tests):
        note(f"{'would delete' if dry_run else 'deleted'} {path}")
    for path in done.left:
        note(f"left {path}, which does not hold a config")
    note(summary(done, is_done=not dry_run) + (" (nothing was done: --dry-run)" if dry_run else ""))
    return ExitCode.DONE


def diff(
    sources: Sources = None,
    files: Files = None,
    prune: Prune = False,
    directory: Dir = None,
    org: Org = None,
) -> ExitCode:
    """Show what `apply` would change; the exit code is 1 when it would change something."""
    from icpctl.features.editing.applying import plan
    from icpctl.features.editing.output.diffs import print_diff, summary
    from icpctl.output.console import note

    planned = plan(workspace(directory, org), _named(sources, files), prune=prune)
    for step in planned.changes:
        print_diff(step.before, step.after)
    note(summary(planned, is_done=False))
    return ExitCode.FOUND if planned.changes else ExitCode.DONE


def _named(sources: list[str] | None, files: list[str] | None) -> list[str]:
    """Return what is named either way. Raises `IcpctlError` `bad_usage` where nothing is."""
    named = [*(sources or []), *(files or [])]
    if not named:
        hint = "name them, such as new_configs; - is stdin"
        raise IcpctlError("no file or folder of configs is named", "bad_usage", hint=hint)
    return named
