"""`icpctl inspect`."""

from typing import Annotated

import typer

from icpctl.cli.options import Encoding, Mapping, Visitors
from icpctl.errors import ExitCode, IcpctlError
from icpctl.output.console import ReportFormat


def inspect(
    visitors: Visitors = None,
    mapping: Mapping = None,
    encoding: Encoding = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Print a mapping, drafted from names and values.")
    ] = False,
    output: Annotated[
        ReportFormat, typer.Option("-o", "--output", help="How to print what was found.")
    ] = "table",
) -> ExitCode:
    """Show where an export keeps each field, its values, and what is not used.

    The table has the path of each field, how many records have it, its commonest values, and an
    example of what does not fit. With --suggest it prints a mapping to start from instead: each
    line has the share of records and two examples, and guesses are commented out.
    """
    from icpctl.cli.scoring_options import encoding_of, mappings_of, visitors_of
    from icpctl.features.inspect.inspection import inspect as inspected
    from icpctl.features.inspect.inspection import suggestion
    from icpctl.features.inspect.printing import FORMATS, print_suggestion

    exports, forced, text = visitors_of(visitors), mappings_of(mapping), encoding_of(encoding)
    if not suggest:
        FORMATS[output](inspected(exports, forced, text))
        return ExitCode.DONE
    if output != "table":
        raise IcpctlError("--suggest prints YAML", "bad_usage", hint="leave -o out")
    print_suggestion(suggestion(exports, forced, text), exports)
    return ExitCode.DONE
