"""The command `icpctl`: one line here for each command module."""

from typing import Annotated

import typer

from icpctl import __version__
from icpctl.cli.apply import apply, diff
from icpctl.cli.completion import completion, prepare
from icpctl.cli.create import create
from icpctl.cli.delete import delete
from icpctl.cli.describe import describe
from icpctl.cli.edit import edit
from icpctl.cli.explain import explain
from icpctl.cli.get import get
from icpctl.cli.impact import impact
from icpctl.cli.insight import insight
from icpctl.cli.inspect import inspect
from icpctl.cli.list import list_configs
from icpctl.cli.mappings import mappings
from icpctl.cli.prove import prove_app
from icpctl.cli.prove_more import equivalent, witnesses
from icpctl.cli.rollup import rollup
from icpctl.cli.run import exits
from icpctl.cli.schema import schema
from icpctl.cli.score import score
from icpctl.cli.sql import sql
from icpctl.cli.stats import stats
from icpctl.cli.test import run_rule_tests
from icpctl.cli.update import update
from icpctl.cli.validate import validate

# Without Rich's markup, which takes longer to load than the rest of `--help` together.
app = typer.Typer(
    name="icpctl",
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


app.command("score")(exits(score))
app.command("explain")(exits(explain))
app.command("stats")(exits(stats))
app.command("insight")(exits(insight))
app.command("impact")(exits(impact))
app.command("test")(exits(run_rule_tests))
app.command("rollup")(exits(rollup))
app.command("sql")(exits(sql))
app.command("create")(exits(create))
app.command("list")(exits(list_configs))
app.command("get")(exits(get))
app.command("update")(exits(update))
app.command("edit")(exits(edit))
app.command("delete")(exits(delete))
app.command("apply")(exits(apply))
app.command("diff")(exits(diff))
app.command("validate")(exits(validate))
prove_app.command("equivalent")(exits(equivalent))
prove_app.command("witnesses")(exits(witnesses))
app.add_typer(prove_app, name="prove")
app.command("inspect")(exits(inspect))
app.command("mappings")(exits(mappings))
app.command("schema")(exits(schema))
app.command("describe")(exits(describe))
app.command("completion")(exits(completion))
prepare()
