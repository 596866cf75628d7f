"""The command `icpctl`: one line here for each command module, and what features add."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from icpctl import __version__
from icpctl.cli.command import Command, Group
from icpctl.cli.completion import completion, prepare
from icpctl.cli.configs.apply import apply, diff
from icpctl.cli.configs.create import create
from icpctl.cli.configs.delete import delete
from icpctl.cli.configs.edit import edit
from icpctl.cli.configs.get import get
from icpctl.cli.configs.list import list_configs
from icpctl.cli.configs.schema import schema
from icpctl.cli.configs.update import update
from icpctl.cli.configs.validate import validate
from icpctl.cli.describe import describe
from icpctl.cli.errors import exits
from icpctl.cli.extensions import EXTENSIONS
from icpctl.cli.mappings import mappings
from icpctl.cli.score import score
from icpctl.errors import ExitCode
from icpctl.features.explain.command import explain
from icpctl.features.impact.command import impact
from icpctl.features.insight.command import insight, insight_sections
from icpctl.features.inspect.command import inspect
from icpctl.features.outcomes.command import outcomes
from icpctl.features.prove.command import prove_app
from icpctl.features.prove.subcommands import equivalent, witnesses
from icpctl.features.prove.validating import add_proofs
from icpctl.features.report.scoring import full_figures, score_report
from icpctl.features.rollup.command import rollup
from icpctl.features.sql.command import sql
from icpctl.features.stats.command import stats
from icpctl.features.suggest.command import suggest
from icpctl.features.test.command import run_rule_tests

# Without Rich's markup, which takes longer to load than the rest of `--help` together.
app = typer.Typer(
    name="icpctl",
    cls=Group,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"icpctl {__version__}")
        raise typer.Exit


@app.callback()
def icpctl(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Keep Ideal Customer Profiles as files, check them, and score visitor exports with them."""


def _add(group: str, name: str, command: Callable[..., ExitCode], summary: str) -> None:
    """Add a command to a group of the help; the summary is whole at 80 columns."""
    app.command(name, cls=Command, rich_help_panel=group, short_help=summary)(exits(command))


SCORE = "Score and understand"
_add(SCORE, "score", score, "Score an export of visitors against the configs.")
_add(SCORE, "explain", explain, "Explain why a visitor matches or not.")
_add(SCORE, "stats", stats, "Count visitors and matches by config and day.")
_add(SCORE, "insight", insight, "Show where configs lose visitors, and what would gain them.")
_add(SCORE, "impact", impact, "Show what a change of configs does to visitors.")
_add(SCORE, "outcomes", outcomes, "Join visitors with deals: which configs find customers?")
_add(SCORE, "suggest", suggest, "Suggest a config that finds customers, from won deals.")

CONFIGS = "Configs"
_add(CONFIGS, "create", create, "Make a config, from a file or in words.")
_add(CONFIGS, "list", list_configs, "List the configs in the order in which they are scored.")
_add(CONFIGS, "get", get, "Print one config.")
_add(CONFIGS, "update", update, "Change a config, and keep its comments and layout.")
_add(CONFIGS, "edit", edit, "Open a config in your editor, and keep only a valid result.")
_add(CONFIGS, "delete", delete, "Delete configs with their tests.")
_add(CONFIGS, "apply", apply, "Make the folder hold the configs of a file or folder.")
_add(CONFIGS, "diff", diff, "Show what apply would change.")

FORMATS = "Formats and mappings"
_add(FORMATS, "inspect", inspect, "Show where an export keeps each field.")
_add(FORMATS, "mappings", mappings, "List the known formats of exports, or print one.")
_add(FORMATS, "rollup", rollup, "Roll events or sessions up to visitors.")

CHECK = "Check and prove"
_add(CHECK, "validate", validate, "Report every error of every config file.")
_add(CHECK, "test", run_rule_tests, "Run the tests beside configs.")
prove_app.command(
    "equivalent", cls=Command, short_help="Prove that configs are the same for every visitor."
)(exits(equivalent))
prove_app.command(
    "witnesses", cls=Command, short_help="Print tests at the boundaries of a config."
)(exits(witnesses))
app.add_typer(
    prove_app,
    name="prove",
    cls=Group,
    rich_help_panel=CHECK,
    short_help="Prove what configs do for every possible visitor.",
)

ELSEWHERE = "Elsewhere"
_add(ELSEWHERE, "sql", sql, "Write the configs as SQL, for visitors in a warehouse.")
_add(ELSEWHERE, "schema", schema, "Print the JSON Schema of a config file, for editors.")
_add(ELSEWHERE, "describe", describe, "Explain condition types, comparators and finding codes.")
_add(ELSEWHERE, "completion", completion, "Print the completion script of a shell.")

EXTENSIONS.report = partial(score_report, contribute=insight_sections)
EXTENSIONS.figures = full_figures
EXTENSIONS.prove = add_proofs
prepare()
