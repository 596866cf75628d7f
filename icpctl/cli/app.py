"""The command `icpctl`: one line here for each command, and what features add."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpctl import __version__
from icpctl.cli.command import Entry, Group
from icpctl.cli.extensions import EXTENSIONS

if TYPE_CHECKING:
    from icpctl.cli.extensions import MakeReasons, MakeReport, RunFigures
    from icpctl.config.loading import Loaded
    from icpctl.config.model import ConfigFile
    from icpctl.output.layout import Layout
    from icpctl.scoring.plan import Plan

SCORE = "Score and understand"
CONFIGS = "Configs"
FORMATS = "Formats and mappings"
CHECK = "Check and prove"
ELSEWHERE = "Elsewhere"

# fmt: off
ENTRIES = (
    Entry(SCORE, "score", "cli.score:score", "Score an export of visitors against the configs."),
    Entry(SCORE, "explain", "features.explain.command:explain", "Say why a visitor matches or not."),
    Entry(SCORE, "stats", "features.stats.command:stats", "Count visitors and matches by config and day."),
    Entry(SCORE, "insight", "features.insight.command:insight", "Show where configs lose visitors, and what would gain them."),
    Entry(SCORE, "impact", "features.impact.command:impact", "Show what a change of configs does to visitors."),
    Entry(SCORE, "outcomes", "features.outcomes.command:outcomes", "Show which configs find customers, from won and lost deals."),
    Entry(SCORE, "suggest", "features.suggest.command:suggest", "Suggest a config that finds customers, from won deals."),
    Entry(CONFIGS, "init", "features.init.command:init", "Make a folder to start with: a config, its test, settings."),
    Entry(CONFIGS, "create", "features.editing.commands.create:create", "Make a config, from a file or in words."),
    Entry(CONFIGS, "list", "features.editing.commands.list:list_configs", "List the configs in the order in which they are scored."),
    Entry(CONFIGS, "get", "features.editing.commands.get:get", "Print one config."),
    Entry(CONFIGS, "update", "features.editing.commands.update:update", "Change a config, and keep its comments and layout."),
    Entry(CONFIGS, "edit", "features.editing.commands.edit:edit", "Open a config in your editor, and keep only a valid result."),
    Entry(CONFIGS, "delete", "features.editing.commands.delete:delete", "Delete configs with their tests."),
    Entry(CONFIGS, "apply", "features.editing.commands.apply:apply", "Make the folder hold the configs of a file or folder."),
    Entry(CONFIGS, "diff", "features.editing.commands.apply:diff", "Show what apply would change."),
    Entry(FORMATS, "inspect", "features.inspect.command:inspect", "Show where an export keeps each field."),
    Entry(FORMATS, "mappings", "features.mappings.command:mappings", "List the known formats of exports, or print one."),
    Entry(FORMATS, "rollup", "features.rollup.command:rollup", "Roll events or sessions up to visitors."),
    Entry(CHECK, "validate", "cli.validate:validate", "Report every error of every config file."),
    Entry(CHECK, "test", "features.test.command:run_rule_tests", "Run the tests beside configs."),
    Entry(CHECK, "prove", "features.prove.subcommands:prove_app", "Prove what configs do for every possible visitor."),
    Entry(ELSEWHERE, "sql", "features.sql.command:sql", "Write the configs as SQL, for visitors in a warehouse."),
    Entry(ELSEWHERE, "schema", "features.editing.commands.schema:schema", "Print the JSON Schema of a config file, for editors."),
    Entry(ELSEWHERE, "describe", "features.describe.command:describe", "Explain condition types, comparators and finding codes."),
    Entry(ELSEWHERE, "completion", "features.completion.command:completion", "Print the completion script of a shell."),
)
# fmt: on
"""The commands in the order of the help."""


class App(Group):
    """The command line, which imports the command that is called alone.

    All of them together take longer to import than most need to run.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": None})
        self.commands: Any = {entry.name: entry for entry in ENTRIES}

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import a command; None where there is none of this name."""
        del ctx
        return self.commands[cmd_name].load() if cmd_name in self.commands else None

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the commands in the order of the help."""
        del ctx
        return [*self.commands]

    def summaries(self, ctx: Any) -> Iterator[tuple[str, str, str]]:
        """Yield the name, the title of the group and the summary of each command."""
        del ctx
        for entry in ENTRIES:
            yield entry.name, entry.group, entry.summary


# Without Rich's markup, which takes longer to load than the rest of `--help` together.
app = typer.Typer(
    name="icpctl",
    cls=App,
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


def _report(path: Path | None, title: str | None, no_visitors: bool) -> "MakeReport | None":
    from icpctl.features.insight.command import insight_sections
    from icpctl.features.report.scoring import score_report

    return score_report(path, title, no_visitors, contribute=insight_sections)


def _figures(configs: "Sequence[ConfigFile]", plan: "Plan") -> "RunFigures":
    from icpctl.features.report.scoring import full_figures

    return full_figures(configs, plan)


def _reasons(layout: "Layout", near_misses: str | None) -> "MakeReasons":
    from icpctl.features.reasons.explained_rows import Wish

    return Wish(layout, near_misses).begin


def _proofs(loaded: "Loaded") -> int:
    from icpctl.features.prove.validating import add_proofs

    return add_proofs(loaded)


def _answer_shells() -> None:
    """Make Typer answer in its protocol, where a shell asks; it would only with its own options.

    The options that this call makes, which would install scripts, are not used.
    """
    if "_ICPCTL_COMPLETE" in os.environ:
        from typer.completion import get_completion_inspect_parameters

        get_completion_inspect_parameters()


EXTENSIONS.report, EXTENSIONS.figures = _report, _figures
EXTENSIONS.reasons, EXTENSIONS.prove = _reasons, _proofs
_answer_shells()
