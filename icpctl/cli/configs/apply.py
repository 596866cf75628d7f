"""`icpctl apply` and `icpctl diff`."""

from typing import Annotated

import typer

from icpctl.cli.confirm import require_yes
from icpctl.cli.options import Dir, DryRun, Org, Yes
from icpctl.cli.workspaces import workspace
from icpctl.errors import ExitCode
from icpctl.files_in_use import require_writable
from icpctl.output.formats import PlanFormat

Sources = Annotated[
    list[str],
    typer.Argument(metavar="FILE...|FOLDER", help="Configs, and folders of them; - reads stdin."),
]
Prune = Annotated[bool, typer.Option("--prune", help="Delete the configs that are not given.")]


def apply(
    sources: Sources,
    *,
    prune: Prune = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    directory: Dir = None,
    org: Org = None,
    output: Annotated[
        PlanFormat, typer.Option("-o", "--output", help="How to print what was done.")
    ] = "table",
) -> ExitCode:
    """Make the folder of configs hold these configs, just as their files stand.

    Nothing is done when one of them is not valid. Done twice, the second time changes nothing.
    """
    from icpctl.config.editing.applying import carry_out, plan
    from icpctl.output.console import note
    from icpctl.output.diffs import PLANS, summary

    wanted = plan(workspace(directory, org), sources, prune=prune)
    lost = [step.slug for step in wanted.steps if step.what == "deleted"]
    if not dry_run:
        require_writable()
    if lost and not dry_run:
        require_yes(f"Delete {', '.join(lost)}?", yes=yes)
    if not dry_run:
        carry_out(wanted)
    PLANS[output](wanted)
    for path in (path for step in wanted.changes for path in step.tests):
        note(f"{'would delete' if dry_run else 'deleted'} {path}")
    for path in wanted.left:
        note(f"left {path}, which does not hold a config")
    note(summary(wanted) + (" (nothing was done: --dry-run)" if dry_run else ""))
    return ExitCode.DONE


def diff(
    sources: Sources, prune: Prune = False, directory: Dir = None, org: Org = None
) -> ExitCode:
    """Show what `apply` would change; the exit code is 1 when it would change something."""
    from icpctl.config.editing.applying import plan
    from icpctl.output.console import note
    from icpctl.output.diffs import print_diff, summary

    wanted = plan(workspace(directory, org), sources, prune=prune)
    for step in wanted.changes:
        print_diff(step.before, step.after)
    note(summary(wanted))
    return ExitCode.FOUND if wanted.changes else ExitCode.DONE
