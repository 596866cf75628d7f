"""`icpctl outcomes`."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from msgspec import Struct, field

from icpctl.cli.options import BaseDir, BaseRef, Configs, Report, ReportTitle, Scoring
from icpctl.errors import ExitCode, IcpctlError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.features.outcomes.bounds import Bound
    from icpctl.features.outcomes.model import Outcomes
    from icpctl.features.outcomes.printing import Heading
    from icpctl.features.outcomes.request import OutcomeOptions, OutcomeRequest
    from icpctl.features.outcomes.scanning import Scan
    from icpctl.features.report.pages.page import Page
    from icpctl.features.report.target import ReportTarget
    from icpctl.scoring.run import Options

Won = Annotated[
    list[str] | None,
    typer.Option(
        "--won", metavar="F", help="Won deals, or all deals with their stage (repeatable)."
    ),
]
Lost = Annotated[
    list[str] | None, typer.Option("--lost", metavar="F", help="Lost deals (repeatable).")
]
On = Annotated[
    str | None,
    typer.Option(
        metavar="FIELD|PATH=PATH", help="Field that joins visitors and deals (default: domain)."
    ),
]
Label = Annotated[
    str | None,
    typer.Option(
        metavar="PATH[=VALUE]", help="Read the outcome from the export, such as Converted=1."
    ),
]
Unit = Annotated[
    Literal["account", "visitor"] | None,
    typer.Option(help="Unit to count (default: account if joined on domain)."),
]
Against = Annotated[
    Literal["lost", "everyone"] | None,
    typer.Option(help="Compare won with lost or with everyone (default: lost, if given)."),
]
Within = Annotated[
    str | None,
    typer.Option(
        metavar="90d", help="Leave out units last seen less than this long ago, such as 90d."
    ),
]
Capacity = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Show what the best N bring, if you can work on only N."),
]


class Deals(Struct, frozen=True, kw_only=True):
    """The options that say what became of visitors."""

    won: Won = None
    lost: Lost = None
    on: On = None
    label: Label = None
    unit: Unit = None
    against: Against = None
    within: Within = None

    def asked(
        self, exports: list[str], encoding: str | None, period: str | None = None
    ) -> "OutcomeOptions":
        """Return what is asked for, with the `period` that `outcomes` alone has.

        Raises `IcpctlError` `bad_usage` if stdin is to be visitors and deals, or two lists of them.
        """
        from icpctl.features.outcomes.request import OutcomeOptions

        files = self.won or (), self.lost or ()
        if [*exports, *files[0], *files[1]].count("-") > 1:
            raise IcpctlError(
                "stdin can be read only once, as visitors or as a list of deals",
                "bad_usage",
                hint="write the others to files first",
            )
        scope = self.on, self.label, self.unit, self.against, self.within, period
        return OutcomeOptions(*files, *scope, encoding)

    def again(self, command: str, exports: list[str], scoring: Scoring, *more: str) -> str:
        """Return the call of a `command` with the same visitors and deals, and `more` words."""
        options: dict[str, Sequence[object]] = {
            "--dir": [scoring.directory],
            "--org": [scoring.org],
            "--won": self.won or (),
            "--lost": self.lost or (),
            "--mapping": scoring.mapping or (),
            "--encoding": [scoring.encoding],
            "--label": [self.label],
            "--on": [self.on],
            "--unit": [self.unit],
            "--against": [self.against],
            "--within": [self.within],
            "--as-of": [scoring.as_of],
        }
        words = ["icpctl", command, *exports]
        for option, values in options.items():
            for value in values:
                words += [] if value is None else [option, str(value)]
        if scoring.case_sensitive is not None:
            words.append("--case-sensitive" if scoring.case_sensitive else "--ignore-case")
        return shlex.join([*words, *more])


def outcomes(
    *,
    deals: Deals,
    period: Annotated[
        str | None,
        typer.Option(metavar="FROM..TO|newest:30%", help="Count only units of this period."),
    ] = None,
    capacity: Capacity = None,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            metavar="BOUND", help="Exit with 1 at a bound such as SLUG:precision<0.1 (repeatable)."
        ),
    ] = None,
    missed: Annotated[
        Path | None,
        typer.Option(
            metavar="F",
            help="Write won units that a config misses, and why: .jsonl, .csv, .parquet.",
        ),
    ] = None,
    base: BaseRef = None,
    base_dir: BaseDir = None,
    report: Report = None,
    report_title: ReportTitle = None,
    scoring: Scoring,
    config: Configs = None,
    output: Annotated[
        Literal["table", "tsv", "json", "markdown"],
        typer.Option("-o", "--output", help="Output format."),
    ] = "table",
) -> ExitCode:
    """Show which configs and conditions find customers, from won and lost deals.

    The exit code is 1 when a bound of --fail-on is met, or a line is rejected.
    """
    from icpctl.cli.scoring_options import strictness
    from icpctl.config.model import named_configs
    from icpctl.features.outcomes.bounds import met_bounds
    from icpctl.features.outcomes.printing import (
        Heading,
        missed_win_file,
        print_deals,
        print_labels,
        print_met_bounds,
        print_next_step,
        print_outcomes,
    )
    from icpctl.features.outcomes.request import read_request
    from icpctl.features.report.target import report_file, report_target
    from icpctl.output.console import print_written
    from icpctl.output.notes import SCORE_KEEPS_REJECTS, print_notes

    options, earlier = scoring.options(), None
    if base is not None or base_dir is not None:
        from icpctl.features.shared.git_versions import versions

        compared = versions(scoring.workspace(), config or [], ref=base, folder=base_dir)
        kept = [file for file in compared.before if config or file.config.is_active]
        earlier = named_configs(kept)
    files = scoring.configs(config)
    configs = named_configs(files)
    slugs = [slug for slug, _ in configs]
    bounds = _bounds(fail_on or [], slugs, capacity)
    exports = scoring.exports()
    asked = deals.asked(exports, options.encoding, period)
    request = read_request(asked, options.as_of, options.mappings)
    if earlier is not None and "-" in exports:
        raise IcpctlError(
            "stdin can be read only once, but a comparison reads the visitors twice",
            "bad_usage",
            hint="write them to a file first",
        )
    target = report_target(report, report_title, no_visitors=False)
    call = _Call(exports, options, request, capacity)
    with missed_win_file(missed) as file, report_file(target) as page:
        scan = call.scan(configs, explains=file is not None)
        before = call.scan(earlier).outcomes if earlier else None
        name = "account" if request.join.by_account else "visitor"
        heading = Heading(name, request.joined_on, request.scope.against_lost, bool(deals.won))
        if scan.missed and file:
            file.write([*scan.missed.rows()])
        if target and page:
            target.write(page, call.page(scan, heading, target, files, before))
    met = met_bounds(scan.outcomes, bounds)
    print_outcomes(scan, heading, output, met, before, request.deals)
    print_notes(scan.run, strict := strictness(), SCORE_KEEPS_REJECTS)
    print_deals(request.deals, options.as_of)
    print_labels(request, scan.outcomes.base.count)
    print_written(missed, report, since=scoring.started)
    tuned = next((slug for slug, config in configs if not config.exclude), None)
    if output == "table" and tuned and (period or "newest").startswith("newest"):
        holdout = ("--holdout", period) if period else ()
        tune = deals.again("suggest", exports, scoring, *holdout, "--tune", tuned)
        print_next_step(scan.outcomes, tune)
    print_met_bounds(met)
    is_found = bool(met or request.deals.rejected) or strict.refuses(scan.run)
    return ExitCode.FOUND if is_found else ExitCode.DONE


class _Call(Struct, frozen=True):
    """What all scans of a call have in common."""

    exports: "Sequence[str]"
    options: "Options"
    request: "OutcomeRequest"
    capacity: int | None
    sources: "list[Source]" = field(default_factory=list)

    def page(
        self,
        scan: "Scan",
        heading: "Heading",
        target: "ReportTarget",
        files: "list[ConfigFile]",
        before: "Outcomes | None",
    ) -> "Page":
        """The page of a scan, compared with what was `before`."""
        from icpctl.features.outcomes.page import Facts, outcomes_page
        from icpctl.features.outcomes.printing import headline, remarks

        said = headline(scan, heading), remarks(scan, heading)
        facts = Facts(*said, target.title, self.sources, self.request.deals.sources, files)
        return outcomes_page(scan, facts, before)

    def scan(self, configs: "Sequence[tuple[str, IcpConfig]]", *, explains: bool = False) -> "Scan":
        """Scan the export; with `explains` it is kept why won units are missed."""
        from icpctl.features.outcomes.scanning import scan_outcomes
        from icpctl.features.shared.condition_phrases import phrase
        from icpctl.output.console import progress

        explain_missed = None
        if explains:
            from icpctl.features.outcomes.missed_wins import ExplainMissed
            from icpctl.features.reasons.sentences import lacking

            explain_missed = ExplainMissed(lacking, phrase)
        with progress(sys.stderr) as on_progress:
            return scan_outcomes(
                self.exports,
                configs,
                self.options,
                self.request,
                text_of_condition=phrase,
                tiers=self.options.tiers,
                capacity=self.capacity,
                explain_missed=explain_missed,
                on_sources=self._note_sources,
                on_progress=on_progress,
            )

    def _note_sources(self, sources: "Sequence[Source]") -> None:
        self.sources[:] = sources


def _bounds(texts: "Sequence[str]", slugs: "Sequence[str]", capacity: int | None) -> "list[Bound]":
    """Read the bounds of `--fail-on`. Raises `IcpctlError` `bad_usage`."""
    from icpctl.features.outcomes.bounds import parse_bound

    try:
        bounds = [parse_bound(text) for text in texts]
    except ValueError as error:
        raise IcpctlError(f"--fail-on {error}", "bad_usage") from None
    unknown = [bound for bound in bounds if bound.slug not in (None, *slugs)]
    if unknown:
        raise IcpctlError(
            f"--fail-on {unknown[0]}: {unknown[0].slug} is not scored",
            "bad_usage",
            hint=f"one of: {', '.join(slugs)}",
        )
    if capacity is None and any(bound.figure == "won_at_capacity" for bound in bounds):
        raise IcpctlError("--fail-on won_at_capacity needs --capacity", "bad_usage")
    return bounds
