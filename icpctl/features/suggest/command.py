"""`icpctl suggest`."""

from typing import Annotated, Literal

import typer

from icpctl.cli.options import (
    AsOf,
    CaseSensitive,
    Dir,
    Encoding,
    Mapping,
    Org,
    TempDir,
    Visitors,
    workspace,
)
from icpctl.errors import ExitCode, IcpctlError
from icpctl.features.outcomes.command import (
    Against,
    Capacity,
    Label,
    Lost,
    On,
    Unit,
    Within,
    Won,
)


def suggest(
    visitors: Visitors = None,
    won: Won = None,
    lost: Lost = None,
    on: On = None,
    label: Label = None,
    unit: Unit = None,
    against: Against = None,
    within: Within = None,
    max_conditions: Annotated[
        int, typer.Option(min=1, max=16, metavar="N", help="Most conditions (default: 8).")
    ] = 8,
    holdout: Annotated[
        str | None,
        typer.Option(
            metavar="newest:30%|random:30%",
            help="Hold these units out, to measure on (default: newest if there are dates).",
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
    capacity: Capacity = None,
    directory: Dir = None,
    org: Org = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of all random choices.")] = 0,
    as_of: AsOf = None,
    mapping: Mapping = None,
    case_sensitive: CaseSensitive = None,
    temp_dir: TempDir = None,
    encoding: Encoding = None,
) -> ExitCode:
    """Find a config that finds customers, from won deals; print it with its evidence.

    The exit code is 1 when nothing better than chance was found. It writes no file.
    """
    import sys

    from icpctl.cli.scoring_options import scoring_options, strictness, visitors_of
    from icpctl.features.outcomes.request import OutcomeOptions, read_request
    from icpctl.features.suggest.learner.suggestion import Request, TooFewWonError
    from icpctl.features.suggest.learning import learn, parse_holdout
    from icpctl.features.suggest.printing import print_how, print_retuned, print_suggestion
    from icpctl.features.suggest.retuning import retune
    from icpctl.output.progress import progress
    from icpctl.output.runs.notes import SCORE_KEEPS_REJECTS, print_notes

    share = parse_holdout(holdout)
    options = scoring_options(as_of, mapping, case_sensitive, [], temp_dir, encoding)
    exports = visitors_of(visitors)
    deals = won or (), lost or (), on, label, unit, against, within
    asked = OutcomeOptions(*deals, encoding=options.encoding)
    outcome = read_request(asked, options.as_of, options.mappings)
    request = Request(form, max_conditions, capacity, seed)
    try:
        with progress(sys.stderr) as on_progress:
            if tune is not None:
                (file,) = workspace(directory, org).configs([tune])
                retuned = retune(
                    exports, options, outcome, file.config, request, share, on_progress
                )
                print_retuned(retuned, file)
                print_notes(retuned.run, strictness(), SCORE_KEEPS_REJECTS)
                return ExitCode.FOUND if retuned.rules is None else ExitCode.DONE
            learned = learn(
                exports,
                options,
                outcome,
                request,
                share,
                with_=frozenset(with_fields or ()),
                without=frozenset(without or ()),
                on_progress=on_progress,
            )
    except TooFewWonError as error:
        raise IcpctlError(
            str(error), "too_few_won", hint="give more deals, or a longer time of visitors"
        ) from None
    print_suggestion(learned)
    print_notes(learned.run, strictness(), SCORE_KEEPS_REJECTS)
    given = [*exports, *(f"--won {file}" for file in won or ())]
    given += [f"--lost {file}" for file in lost or ()]
    named = {"label": label, "on": on, "unit": unit, "against": against, "within": within}
    named |= {"as-of": as_of}
    given += [f"--mapping {name}" for name in mapping or ()]
    given += [f"--{name} {value}" for name, value in named.items() if value is not None]
    given += [f"--period {learned.holdout}"] if learned.holdout.startswith("newest") else []
    print_how(learned, f"icpctl outcomes {' '.join(given)} --config suggested")
    return ExitCode.FOUND if learned.suggestion.config is None else ExitCode.DONE
