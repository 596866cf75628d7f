"""`icpctl describe`."""

from typing import Annotated

import typer

from icpctl.cli.options import Dir, Org, known_vocabulary, vocabulary
from icpctl.errors import ExitCode
from icpctl.output.console import DescribeFormat


def _words(context: typer.Context) -> list[tuple[str, str]]:
    """Return condition types, comparators and finding codes, with what each is."""
    from icpctl.findings.codes import CODES
    from icpctl.vocabulary import COMPARATORS

    return [
        *((entry.name, entry.meaning) for entry in vocabulary(context).types.values()),
        *((comparator.name, comparator.holds) for comparator in COMPARATORS.values()),
        *((code.name, code.title) for code in CODES.values()),
    ]


def describe(
    word: Annotated[
        str | None,
        typer.Argument(
            metavar="TYPE|COMPARATOR|CODE",
            help="What to explain (default: everything, in short).",
            autocompletion=_words,
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
