"""The command `icpctl`: one line here for each command module, and what features add."""

from functools import partial
from typing import Annotated

import typer

from icpctl import __version__
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
from icpctl.features.prove.command import prove_app
from icpctl.features.prove.subcommands import equivalent, witnesses
from icpctl.features.prove.validating import add_proofs
from icpctl.features.report.scoring import full_figures, score_report
from icpctl.features.rollup.command import rollup
from icpctl.features.sql.command import sql
from icpctl.features.stats.command import stats
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
EXTENSIONS.report = partial(score_report, contribute=insight_sections)
EXTENSIONS.figures = full_figures
EXTENSIONS.prove = add_proofs
prepare()
