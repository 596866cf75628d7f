"""Options that several commands about configs have."""

from typing import Annotated

import typer

from icpctl.cli.options import vocabulary
from icpctl.output.console import SingleFormat


def conditions(context: typer.Context, incomplete: str) -> list[str]:
    """Return what goes on a condition in words: a type, then a comparator that fits it."""
    from icpctl.vocabulary import comparators_for

    name, space, _ = incomplete.partition(" ")
    types = vocabulary(context).types
    if not space:
        return list(types)
    entry = types.get(name)
    return [f"{name} {comparator}" for comparator in comparators_for(entry.kind)] if entry else []


Body = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="F", help="Read the config from F; - is stdin."),
]
Rules = Annotated[
    str | None,
    typer.Option("--rules", metavar="F", help="Read the rules {groups: [...]} from F; - is stdin."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="C",
        help='Add a required condition, such as "company_size gte 50" (repeatable).',
        autocompletion=conditions,
    ),
]
Prefer = Annotated[
    list[str] | None,
    typer.Option(
        metavar="C",
        help='Add an optional condition, such as "job_title contains_word VP" (repeatable).',
        autocompletion=conditions,
    ),
]
Label = Annotated[str | None, typer.Option("--label", metavar="L", help="Display name.")]
Active = Annotated[
    bool | None,
    typer.Option(
        "--active/--inactive", help="Score the config by default, or only if it is named."
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, but change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask; required without a terminal.")]
Output = Annotated[
    SingleFormat,
    typer.Option("-o", "--output", help="Output format; yaml prints the file unchanged."),
]
