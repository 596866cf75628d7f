"""`icpctl prove` itself; see subcommands for `equivalent` and `witnesses`."""

import time
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from icpctl.cli.errors import exits
from icpctl.cli.options import CaseSensitive, Dir, Org, workspace
from icpctl.errors import ExitCode, IcpctlError
from icpctl.files import replacing
from icpctl.output.console import FindingsFormat

Timeout = Annotated[
    float,
    typer.Option(
        min=0.001, metavar="S", help="Seconds per question; after that, the answer is unknown."
    ),
]


def prove(
    context: typer.Context,
    pairs: Annotated[
        bool,
        typer.Option(
            "--pairs", help="Also say for every two configs whether a visitor can match both."
        ),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--witnesses", metavar="F.jsonl", help="Write the visitors that show the findings to F."
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Treat warnings as errors.")] = False,
    directory: Dir = None,
    org: Org = None,
    timeout: Timeout = 2.0,
    case_sensitive: CaseSensitive = None,
    output: Annotated[
        FindingsFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "text",
) -> None:
    """Prove what configs do for every possible visitor.

    Finds groups and configs that nobody or everybody matches, conditions and groups that change
    nothing, configs that are never anyone's ICP, and shows a visitor for each.
    """
    if context.invoked_subcommand is None:
        exits(_prove)(
            directory=directory,
            org=org,
            pairs=pairs,
            witnesses=out,
            timeout=timeout,
            case_sensitive=case_sensitive,
            output=output,
            strict=strict,
        )
        return
    sources = map(context.get_parameter_source, context.params)
    if any(it is not None and it.name == "COMMANDLINE" for it in sources):
        exits(_misplaced)(context.invoked_subcommand)


def _misplaced(command: str) -> ExitCode:
    raise IcpctlError(
        f"options of prove before {command} have no effect",
        "bad_usage",
        hint=f"put them after it: icpctl prove {command} ... --timeout 5",
    )


def _prove(
    *,
    directory: Path | None,
    org: str | None,
    pairs: bool,
    witnesses: Path | None,
    timeout: float,
    case_sensitive: bool | None,
    output: FindingsFormat,
    strict: bool,
) -> ExitCode:
    from icpctl.cli.scoring_options import is_case_sensitive
    from icpctl.features.prove.encoding import require_z3
    from icpctl.features.prove.folder import prove as prove_all
    from icpctl.features.prove.output.report import print_proofs, report_of, write_witnesses
    from icpctl.output.console import print_written
    from icpctl.output.layout import require_lines

    started = time.perf_counter()
    require_z3()
    if pairs and output not in ("text", "json"):
        raise IcpctlError("--pairs is for -o text and -o json", "bad_usage")
    require_lines(None if witnesses is None else str(witnesses), "--witnesses")
    loaded = workspace(directory, org).load(all_orgs=True)
    with replacing(witnesses) if witnesses else nullcontext() as file:
        proofs = prove_all(
            loaded.configs,
            case_sensitive=is_case_sensitive(case_sensitive),
            timeout=timeout,
            pairs=pairs,
        )
        report = report_of(loaded, proofs, strict=strict)
        print_proofs(report, proofs, output, pairs=pairs)
        if file:
            write_witnesses(proofs, file)
    print_written(witnesses, since=started)
    return ExitCode.FOUND if report.errors else ExitCode.DONE
