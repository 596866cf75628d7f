"""One visitor of an export, and why it has its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.errors import IcpctlError
from icpctl.exports.columns.field_columns import Columns
from icpctl.exports.files.sources import find_exports
from icpctl.exports.format_detection import map_sources
from icpctl.exports.readers.reading import Reader
from icpctl.features.explain.find_visitor import by_ids, by_line
from icpctl.features.explain.noted_scan import NotedScan
from icpctl.features.reasons.explanation import explain_row
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import columns_of
from icpctl.scoring.unread_fields import Unread, extra_fields, find_unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.format_detection import Mapped
    from icpctl.features.reasons.explanation import Explanation
    from icpctl.scoring.run import Options


class Explained(Struct, frozen=True):
    """An explanation, the file that the visitor is in, and how many more there have its id.

    `mapped` tells the mapping that the file was read with, and `unread` what no record of it has.
    `skipped` are files in folders that are not exports by their names.
    """

    explanation: Explanation
    file: str
    more: int
    mapped: Mapped
    unread: Unread
    skipped: list[str]


def explain(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    ids: Sequence[str] = (),
    line: int | None = None,
) -> list[Explained]:
    """Find visitors by their ids, or one in a file by its line, and explain their verdicts.

    A line of a file whose records are rolled up may be that of any record of the visitor.
    Raises `IcpctlError`: `no_such_visitor`, `no_such_line`, `rejected`, `bad_usage` where a line
    is named and not one file, and what reading raises.
    """
    plan = make_plan(
        configs,
        as_of=options.as_of,
        case_sensitive=options.case_sensitive,
        tiers=options.tiers,
    )
    exports = find_exports(visitors, options.encoding)
    sources = exports.sources
    if line is not None and len(sources) != 1:
        raise IcpctlError(
            f"--line needs one file, but there are {len(sources)}",
            "bad_usage",
            hint=f"name one of them, such as {sources[0].name}" if sources else None,
        )
    mapped = map_sources(sources, options.mappings, rolled_up=bool(options.by))
    options = options.with_fields(extra_fields(mapped, plan))
    scan = NotedScan(
        list(zip(sources, (its.mapping for its in mapped), strict=True)),
        Reader(Columns({}), temp_dir=options.temp_dir),
        lambda mapping: columns_of(plan, mapping, options),
        by=options.by,
        plan=plan,
    )
    visitors_found = by_ids(scan, ids) if line is None else [by_line(scan, line)]
    explained = []
    for visitor in visitors_found:
        unread = Unread()
        if scan.knows(visitor.source):
            unread = find_unread(
                sources, mapped, scan.files, plan, configs, only=visitor.source, by=options.by
            )
        explanation = explain_row(visitor.row, visitor.line, plan, dict(configs))
        how_read = mapped[sources.index(visitor.source)]
        named = visitor.source.name
        explained.append(
            Explained(explanation, named, visitor.more, how_read, unread, exports.skipped)
        )
    return explained
