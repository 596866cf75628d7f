"""`icpctl suggest`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from icpctl.cli.options import Scoring
from icpctl.errors import ExitCode, IcpctlError, both_given
from icpctl.features.outcomes.command import Deals

_MOST_CONDITIONS = 8


def suggest(
    *,
    deals: Deals,
    max_conditions: Annotated[
        int | None,
        typer.Option(min=1, max=16, metavar="N", help="Use at most N conditions (default: 8)."),
    ] = None,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="newest:30%|random:30%",
            help="Hold these units out, to measure on (default: newest if their dates compare).",
        ),
    ] = None,
    with_fields: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="FIELD", help="Use this field although it is suspect (repeatable)."
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="Do not use this field (repeatable).")
    ] = None,
    form: Annotated[
        Literal["points", "rules"],
        typer.Option(help="Form of the config: weights, or required conditions."),
    ] = "points",
    tune: Annotated[
        str | None,
        typer.Option(metavar="SLUG", help="Keep the conditions of this config, and print a diff."),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Set minScore so that about N units match."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of all random choices.")] = 0,
    scoring: Scoring,
) -> ExitCode:
    """Find a config that finds customers, from won deals; print it with its evidence.

    The exit code is 1 when nothing better than chance was found, or a line is rejected. It writes
    no file.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.features.outcomes.printing import (
        Heading,
        join_remarks,
        print_deals,
        print_joined,
        unjoined_hint,
    )
    from icpctl.features.outcomes.request import read_request
    from icpctl.features.suggest.candidates import named_fields
    from icpctl.features.suggest.learner.suggestion import Request, TooFewWonError
    from icpctl.features.suggest.learning import Learned, learn, parse_holdout
    from icpctl.features.suggest.printing import print_how, print_retuned, print_suggestion
    from icpctl.features.suggest.retuning import retune
    from icpctl.output.console import note, progress
    from icpctl.output.notes import SCORE_KEEPS_REJECTS, print_notes

    unused = {
        "--with": with_fields,
        "--without": without,
        "--form rules": form == "rules",
        "--max-conditions": max_conditions,
    }
    for option, is_given in unused.items():
        if is_given and tune is not None:
            raise both_given("--tune", option)
    used = named_fields("--with", with_fields or ()), named_fields("--without", without or ())
    share = parse_holdout(holdout)
    options, exports = scoring.options(), scoring.exports()
    asked = deals.asked(exports, options.encoding)
    outcome = read_request(asked, options.as_of, options.mappings)
    request = Request(form, max_conditions or _MOST_CONDITIONS, capacity, seed)
    file = None if tune is None else scoring.workspace().get(tune)
    print_deals(outcome.deals, options.as_of)
    try:
        with progress(sys.stderr) as on_progress:
            call = exports, options, outcome, request, share, on_progress
            known = learn(*call, *used) if file is None else retune(file.config, *call)
    except TooFewWonError as error:
        print_joined(outcome, error.joined_keys, error.won)
        hint = "give more deals, or a longer time of visitors"
        if outcome.deals.sources and not error.joined_keys:
            hint = unjoined_hint(outcome.joined_on)
        raise IcpctlError(str(error), "too_few_won", hint=hint) from None
    print_notes(known.run, strict := strictness(), SCORE_KEEPS_REJECTS)
    print_joined(outcome, known.joined.joined_keys, known.won)
    unit = "account" if known.by_account else "visitor"
    heading = Heading(unit, outcome.joined_on, outcome.scope.against_lost, bool(deals.won))
    for text in join_remarks(known.joined, heading, has_closes=outcome.join.table.has_closes):
        note(text)
    if isinstance(known, Learned):
        print_suggestion(known)
        workspace = scoring.workspace()
        place = Path(workspace.root, workspace.org or "", "suggested.yaml")
        print_how(known, place, _check(deals, scoring, exports, known.holdout))
    elif file is not None:
        print_retuned(known, file)
    is_whole = not (outcome.deals.rejected or strict.refuses(known.run))
    return ExitCode.DONE if known.is_better and is_whole else ExitCode.FOUND


def _check(deals: Deals, scoring: Scoring, exports: list[str], holdout: str) -> str:
    """Return the call that measures the suggestion, saved as `suggested`, on what was held out."""
    period = ("--period", holdout) if holdout.startswith("newest") else ()
    return deals.again("outcomes", exports, scoring, *period, "--config", "suggested")
