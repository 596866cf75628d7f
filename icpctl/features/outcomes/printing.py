"""Outcomes on stdout as tables, tab-separated lines, JSON or Markdown, notes and files."""

from __future__ import annotations

import json
import re
import sys
from contextlib import closing, contextmanager
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.outcomes.figures.rates import FEWEST_WON
from icpctl.features.outcomes.joining.deals import Outcome
from icpctl.features.outcomes.missed_wins import MissedWin
from icpctl.features.outcomes.model import to_json
from icpctl.features.outcomes.tables import changes, sections, tidy_rows
from icpctl.features.shared.markdown import code, in_cell, table_lines
from icpctl.features.shared.plain_rows import WRITERS
from icpctl.files import replacing
from icpctl.output.console import console, note, shown, table
from icpctl.output.layout import form_of, refuse_stdout
from icpctl.output.notes import (
    DATE,
    commonest_values,
    print_layout,
    print_misfits,
    print_rejected,
    print_repeated_headers,
)
from icpctl.output.wording import counted, percent
from icpctl.values import date_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from icpctl.features.outcomes.bounds import MetBound
    from icpctl.features.outcomes.counts.survey import JoinCounts
    from icpctl.features.outcomes.joining.deal_files import DealReading
    from icpctl.features.outcomes.joining.deals import DealTable
    from icpctl.features.outcomes.model import Outcomes
    from icpctl.features.outcomes.request import OutcomeRequest
    from icpctl.features.outcomes.scanning import Scan
    from icpctl.features.outcomes.tables import Section
    from icpctl.features.shared.plain_rows import PlainWriter

_MOST_LABELS = 3
_SINGULARS = {"have": "has", "are": "is", "count": "counts"}
_PLURALS = re.compile(r"\b(?:have|are|count)\b")


class Heading(Struct, frozen=True):
    """What the figures are about: the unit's name, how it joined, and who is compared.

    Without `has_deals` outcomes are in the export, at the path `joined_on`.
    """

    unit: str
    joined_on: str
    against_lost: bool
    has_deals: bool


def print_outcomes(
    scan: Scan,
    heading: Heading,
    output: str,
    met: Sequence[MetBound],
    before: Outcomes | None,
    deals: DealReading,
) -> None:
    """Print on stdout, compared with what was `before` where that is given."""
    tables = [*([] if before is None else [changes(before, scan.outcomes)])]
    tables += sections(scan.outcomes)
    if output == "json":
        body = _body(scan, heading, met, before, deals)
        print(json.dumps(body, indent=2, ensure_ascii=False))
    elif output == "tsv":
        print("config\tpart\tfigure\tvalue\tlow\thigh")
        for row in tidy_rows(scan.outcomes):
            print("\t".join(map(shown, row)))
    elif output == "markdown":
        print(_markdown(scan, heading, met, tables))
    else:
        _print_tables(scan, heading, tables)
    sys.stdout.flush()


def headline(scan: Scan, heading: Heading) -> str:
    """One sentence: how many units there are and how many are won."""
    base = scan.outcomes.base
    joined = "joined on" if heading.has_deals else "labelled by"
    text = f"{counted(base.of, heading.unit)} {joined} {heading.joined_on}, {base.count:,} won"
    if base.value is not None:
        text += f" ({percent(base.value)}, 95 % interval {100 * base.low:.1f} to "
        text += f"{100 * base.high:.1f})"
    return text


def remarks(scan: Scan, heading: Heading) -> list[str]:
    """What a reader must know before believing a figure."""
    joined = scan.survey.joined
    said = []
    if not heading.against_lost:
        said.append("rates are among all units: not won may mean not asked")
    if scan.outcomes.too_few_won:
        count = scan.outcomes.base.count
        more = f"{'deals, or ' * heading.has_deals}visitors of a longer time"
        said.append(
            f"{count:,} won is fewer than {FEWEST_WON}: no condition gets a verdict; it takes more "
            f"{more}"
        )
    if 0 < scan.outcomes.base.count == scan.outcomes.base.of:
        said.append(f"every {heading.unit} is won: there is nothing to compare with")
    if keys := len(scan.survey.deals) * heading.has_deals:
        text = f"{counted(keys, 'key')} with a closed deal joined a visitor that counts"
        said.append(f"{joined.joined_keys:,} of {text}")
        if not joined.joined_keys + joined.after_close and scan.outcomes.base.of:
            said.append(unjoined_hint(heading.joined_on))
    said += join_remarks(joined, heading, has_closes=scan.survey.deals.has_closes)
    return said + [
        f"{config.label} ({config.slug}) excludes: a visitor who matches it has no ICP, "
        "and counts in its own row"
        for config in scan.survey.counts.configs
        if config.excludes
    ]


def join_remarks(joined: JoinCounts, heading: Heading, *, has_closes: bool) -> list[str]:
    """Who did not join, or does not count, in sentences."""
    unjoined = "are left out" if heading.against_lost else "count as not won"
    is_email = heading.joined_on == "domain" and joined.without_key == joined.visitors
    mapping = "; a mapping reads it from emails: domain: {path: email, as: host}" * is_email
    before_close = " as if before any close date" * has_closes
    without_account = joined.without_account * (heading.joined_on != "domain")
    counts = (
        (
            joined.without_deal * heading.has_deals,
            heading.unit,
            f"joined no closed deal and {unjoined}",
        ),
        (joined.open, heading.unit, "may still be won and are left out (--within)"),
        (joined.outside, heading.unit, "are outside the period"),
        (joined.after_close, "visitor", "came only after the deal had closed and are not counted"),
        (joined.without_last_seen, "visitor", f"have no last_seen and are counted{before_close}"),
        (joined.without_key, "visitor", f"have no {heading.joined_on} to join on{mapping}"),
        (without_account, "visitor", "have no domain, so no account, and are left out"),
    )
    return [_counted_text(count, what, text) for count, what, text in counts if count]


def _counted_text(count: int, what: str, text: str) -> str:
    """A sentence on some of `what`, whose verbs are in the plural."""
    if count == 1:
        text = _PLURALS.sub(lambda verb: _SINGULARS[verb[0]], text)
    return f"{counted(count, what)} {text}"


def unjoined_hint(joined_on: str) -> str:
    """What to do where no deal joined a visitor."""
    return (
        f"see whether {joined_on} has the same values in visitors and deals; "
        "--on joins another field"
    )


def print_deals(deals: DealReading, as_of: datetime) -> None:
    """Print on stderr what deals were read, and what was odd about them; nothing without any."""
    if not deals.sources:
        return
    for source, layout in deals.layouts.items():
        print_layout(source, *layout)
    print_repeated_headers(deals.repeated_headers)
    print_rejected(deals.rejected[:10], len(deals.rejected))
    oddities = {warning.field: warning for warning in deals.oddities.summary()}
    stages = oddities.pop("stage", None)
    for name, warning in oddities.items():
        print_misfits([warning], DATE if name == "close_date" else "a number")
    if "close_date" in oddities:
        note(
            "  hint: a mapping says how dates are written: "
            'deals: {close_date: {path: COLUMN, as: date, format: "%m/%d/%Y"}}'
        )
    for outcome, files in groupby(deals.unsaid, deals.unsaid.__getitem__):
        names = ", ".join(map(shown, files))
        note(f"deals: no stage in {names}: each row counts as {outcome.name.lower()}")
    read = deals.table
    note(f"deals: {counted(read.rows, 'row')}, {counted(len(read), 'key')} with a closed deal")
    named = f": {commonest_values(stages)}" if stages else ""
    late = _late(read, as_of)
    counts = "it counts" if late == 1 else "they count"
    for count, what, text in (
        (read.without_key, "row", "without a key to join on (free mail addresses are not keys)"),
        (read.open, "row", f"neither won nor lost{named}"),
        (late, "key", f"closed after --as-of, {as_of:%Y-%m-%d}; {counts} all the same"),
    ):
        if count:
            note(f"deals: {counted(count, what)} {text}")
    if stages and not (read.outcomes == Outcome.WON).any():
        note(
            "  hint: a mapping says which deals are won: "
            "deals: {outcome: {path: COLUMN, map: {TEXT: won, TEXT: lost}}}"
        )


def print_joined(request: OutcomeRequest, joined: int, won: int) -> None:
    """Print on stderr how many deals `joined` a visitor, or which labels there are if none won."""
    if keys := len(request.deals.table):
        note(f"deals: {joined:,} of {counted(keys, 'key')} joined a visitor that counts")
    print_labels(request, won)


def print_labels(request: OutcomeRequest, won: int) -> None:
    """Print on stderr which labels there are, if no unit is won."""
    labels = request.join.labels
    if labels and not won:
        commonest = sorted(labels.items(), key=lambda label: (-label[1], label[0]))[:_MOST_LABELS]
        texts = [text + f" ({count:,} times)" * (count > 1) for text, count in commonest]
        more = " and others" * (len(labels) > _MOST_LABELS)
        wanted = f"{request.joined_on}={request.join.label}".removesuffix("=")
        note(
            f"no visitor is won by --label {wanted}: the values are {shown(', '.join(texts))}{more}"
        )


def _late(deals: DealTable, as_of: datetime) -> int:
    """How many keys closed after this moment."""
    return int((deals.closes > as_of.timestamp()).sum())


def _print_tables(scan: Scan, heading: Heading, tables: Sequence[Section]) -> None:
    print(headline(scan, heading))
    for remark in remarks(scan, heading):
        print(f"  {remark}")
    for section in tables:
        for number, part in enumerate(_parts(section)):
            print("" if number else f"\n{section.title}")
            table(part.columns, part.rows, part.columns[part.folds], right=_numbers(part))


def _parts(section: Section) -> Iterator[Section]:
    """As many columns of numbers as a terminal has room for, with their names; then the next."""
    if section.left > 1 or not sys.stdout.isatty():
        yield section
        return
    from rich.cells import cell_len

    names, *columns = zip(section.columns, *section.rows, strict=True)
    width = {column: max(map(cell_len, column)) + 2 for column in (names, *columns)}
    shown_together = [names]
    for column in columns:
        room = console(sys.stdout).width + 2 - sum(map(width.__getitem__, shown_together))
        if len(shown_together) > 1 and width[column] > room:
            yield _of_columns(section, shown_together)
            shown_together = [names]
        shown_together.append(column)
    yield _of_columns(section, shown_together)


def _of_columns(section: Section, columns: Sequence[tuple[str, ...]]) -> Section:
    heads, *rows = map(list, zip(*columns, strict=True))
    return replace(section, columns=heads, rows=rows)


def _numbers(section: Section) -> list[str]:
    return section.columns[section.left :]


def print_next_step(outcomes: Outcomes, tune: str) -> None:
    """Print on stderr the command that may do better, if there is enough to learn from."""
    if FEWEST_WON <= outcomes.base.count < outcomes.base.of:
        note(f"to fit a config to these outcomes, or without --tune to find one: {tune}")


def _body(
    scan: Scan,
    heading: Heading,
    met: Sequence[MetBound],
    before: Outcomes | None,
    deals: DealReading,
) -> dict[str, object]:
    compared = {} if before is None else {"before": to_json(before)}
    return {
        "asOf": date_forms.instant_text(scan.run.report.as_of),
        "unit": heading.unit,
        "joinedOn": heading.joined_on,
        "against": "lost" if heading.against_lost else "everyone",
        "join": to_json(scan.survey.joined),
        "deals": {
            "rows": scan.survey.deals.rows,
            "keys": len(scan.survey.deals),
            "withoutKey": scan.survey.deals.without_key,
            "open": scan.survey.deals.open,
            "closedLater": _late(scan.survey.deals, scan.run.report.as_of),
            "rejected": len(deals.rejected),
            "fieldWarnings": {
                warning.field: warning.count
                for warning in deals.oddities.summary()
                if warning.field != "stage"
            },
        },
        **to_json(scan.outcomes),
        **compared,
        **scan.run.report.unread_body(),
        "failed": [{"bound": str(item.bound), "value": item.value} for item in met],
        "elapsedSeconds": scan.run.report.elapsed_seconds,
    }


def _markdown(
    scan: Scan, heading: Heading, met: Sequence[MetBound], tables: Sequence[Section]
) -> str:
    parts = ["### ICP against outcomes", f"**{escape(shown(headline(scan, heading)))}.**"]
    parts += [f":x: `{item.bound}` is met: {_value(item)}." for item in met]
    said = remarks(scan, heading)
    parts += ["\n".join(f"- {escape(shown(remark))}" for remark in said)] if said else []
    first, *others = tables
    parts.append(_markdown_table(first))
    for section in others:
        summary = f"<details><summary>{escape(shown(section.title))}</summary>"
        parts += [summary, _markdown_table(section), "</details>"]
    return "\n\n".join(parts)


def _markdown_table(section: Section) -> str:
    titles = section.titles
    numbers = [place >= section.left for place in range(len(titles))]
    rows = [[_cell(*cell) for cell in zip(row, numbers, strict=True)] for row in section.rows]
    return "\n".join(table_lines(titles, rows, numbers))


def _cell(text: str, is_number: bool) -> str:
    return text if is_number or not text else in_cell(code(shown(text)))


def _value(item: MetBound) -> str:
    return "this figure is not known" if item.value is None else f"{item.value:.4g}"


def print_met_bounds(met: Sequence[MetBound]) -> None:
    """Print on stderr the bounds that make the call fail."""
    for item in met:
        note(f"error: --fail-on {item.bound}: {_value(item)}")


@contextmanager
def missed_win_file(path: Path | None) -> Iterator[PlainWriter | None]:
    """Yield what writes missed wins to a file, which appears when the block ends without an error.

    None without a path. Raises `IcpctlError`: `unknown_format`, `bad_usage` for stdout, and
    `not_written`.
    """
    import pyarrow as pa

    if path is None:
        yield None
        return
    refuse_stdout(str(path), "--missed")
    form = form_of(str(path), "--missed")
    types = {"group": pa.int64(), "amount": pa.float64()}
    schema = pa.schema([(name, types.get(name, pa.string())) for name in MissedWin._fields])
    with replacing(path) as file, closing(WRITERS[form](file, schema)) as writer:
        yield writer
