"""`icpctl describe`."""

from typing import Annotated

import typer

from icpctl.cli.complete import words
from icpctl.cli.options.common import Dir, Org
from icpctl.cli.workspaces import known_vocabulary
from icpctl.errors import ExitCode
from icpctl.output.formats import DescribeFormat


def describe(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE|COMPARATOR|CODE",
            help="What to explain (default: everything, in short).",
            autocompletion=words,
        ),
    ] = None,
    directory: Dir = None,
    org: Org = None,
    output: Annotated[
        DescribeFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "text",
) -> ExitCode:
    """Explain condition types, comparators and finding codes."""
    from icpctl.features.describe.printing import FORMATS

    FORMATS[output](word, known_vocabulary(directory, org))
    return ExitCode.DONE
