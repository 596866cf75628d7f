"""`icpctl inspect`."""

from typing import Annotated

import typer

from icpctl.cli.options import Mapping, Visitors
from icpctl.errors import ExitCode
from icpctl.output.formats import ReportFormat


def inspect(
    visitors: Visitors = None,
    mapping: Mapping = None,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print what was found.")
    ] = "table",
) -> ExitCode:
    """Show where an export keeps each field, its values, and what is not used.

    It tells the path that was found, how many records have the field, its commonest values, and
    an example of what did not fit.
    """
    from icpctl.cli.scoring_options import mappings_of, visitors_of
    from icpctl.features.inspect.inspection import inspect as inspected
    from icpctl.features.inspect.printing import FORMATS

    FORMATS[output](inspected(visitors_of(visitors), mappings_of(mapping)))
    return ExitCode.DONE
