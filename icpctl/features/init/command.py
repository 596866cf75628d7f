"""`icpctl init`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from icpctl.cli.options import Encoding
from icpctl.errors import ExitCode


def init(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER",
            readable=False,
            show_default=False,
            help="Where to make the files (default: here).",
        ),
    ] = Path(),
    export: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="EXPORT", help="Write a config with values that occur in this export."
        ),
    ] = None,
    encoding: Encoding = None,
    ci: Annotated[
        Literal["github", "gitlab", "pre-commit"] | None,
        typer.Option("--ci", help="Add a file that checks the configs in CI."),
    ] = None,
) -> ExitCode:
    """Make a folder to start with: a config, its test, settings, and a check in CI.

    With --from, the config asks for values that occur in the export, and a mapping is written if
    no built-in one fits. An existing file is never changed.
    """
    from icpctl.cli.scoring_options import encoding_of
    from icpctl.features.init.making import make
    from icpctl.features.init.printing import print_made

    print_made(make(folder, export, ci, encoding_of(encoding)), ci)
    return ExitCode.DONE
