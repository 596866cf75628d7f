"""The command `icpctl`: one line here for each command module, and what features add."""

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


app.command("score", cls=Command)(exits(score))
app.command("explain", cls=Command)(exits(explain))
app.command("stats", cls=Command)(exits(stats))
app.command("insight", cls=Command)(exits(insight))
app.command("impact", cls=Command)(exits(impact))
app.command("outcomes", cls=Command)(exits(outcomes))
app.command("suggest", cls=Command)(exits(suggest))
app.command("test", cls=Command)(exits(run_rule_tests))
app.command("rollup", cls=Command)(exits(rollup))
app.command("sql", cls=Command)(exits(sql))
app.command("create", cls=Command)(exits(create))
app.command("list", cls=Command)(exits(list_configs))
app.command("get", cls=Command)(exits(get))
app.command("update", cls=Command)(exits(update))
app.command("edit", cls=Command)(exits(edit))
app.command("delete", cls=Command)(exits(delete))
app.command("apply", cls=Command)(exits(apply))
app.command("diff", cls=Command)(exits(diff))
app.command("validate", cls=Command)(exits(validate))
prove_app.command("equivalent", cls=Command)(exits(equivalent))
prove_app.command("witnesses", cls=Command)(exits(witnesses))
app.add_typer(prove_app, name="prove", cls=Group)
app.command("inspect", cls=Command)(exits(inspect))
app.command("mappings", cls=Command)(exits(mappings))
app.command("schema", cls=Command)(exits(schema))
app.command("describe", cls=Command)(exits(describe))
app.command("completion", cls=Command)(exits(completion))
EXTENSIONS.report = partial(score_report, contribute=insight_sections)
EXTENSIONS.figures = full_figures
EXTENSIONS.prove = add_proofs
prepare()
