"""Where configs lose visitors, and what it would gain to ask for less: one scan of an export."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.features.insight.answers import Answers, capped_fields
from icpctl.features.insight.counts.watched_conditions import Question
from icpctl.features.insight.counts.watching import Watch
from icpctl.features.insight.model import InsightReport
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from icpctl.config.model import IcpConfig
    from icpctl.exports.files.sources import Source
    from icpctl.features.insight.counts.batch_counts import WatchCounts
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options, Rows, Run


class Insight(Struct):
    """A report, and its run."""

    report: InsightReport
    run: Run


class InsightCounts(Struct, frozen=True):
    """Counts what keeps visitors away, in a run with this `plan` that `watch` looks at."""

    plan: Plan
    watch: Watch

    @classmethod
    def of(
        cls,
        configs: Sequence[tuple[str, IcpConfig]],
        options: Options,
        *,
        changes: bool = True,
        parts: Mapping[int, Sequence[str]] | None = None,
    ) -> InsightCounts:
        """What is to be counted for `(slug, config)` pairs.

        Without `changes` nothing of what conditions may become, nor which values are absent.
        `parts` is as in `Watch`.
        """
        plan, questions = asked(configs, options, changes=changes)
        return cls(plan, Watch(questions, plan, parts))

    @property
    def counts(self) -> WatchCounts:
        """What is counted so far."""
        return self.watch.counts

    def take_parts(self, of_parts: InsightCounts) -> None:
        """Have the parts of pages that were counted of the same visitors."""
        self.watch.counts.parts = of_parts.watch.counts.parts

    def report(self, run: Run) -> InsightReport:
        """What was counted in a run."""
        report = run.report
        return InsightReport(
            as_of=report.as_of,
            visitors=report.visitors,
            rejected=report.rejected + report.damaged,
            field_warnings=report.field_warnings,
            matched=report.matched,
            excluded=report.excluded,
            match_rate=report.match_rate,
            tiers=report.tiers,
            configs=Answers(self.watch).configs(report.configs),
            overlap=self.watch.counts.sums.overlap.tolist(),
            capped=capped_fields(self.watch),
            elapsed_seconds=report.elapsed_seconds,
        )


def insight(
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    *,
    counts: InsightCounts | None = None,
    on_sources: Callable[[Sequence[Source]], None] = lambda _: None,
    on_rows: Callable[[Rows], None] = lambda _: None,
    on_progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Insight:
    """Score visitors against `(slug, config)` pairs, and count what keeps them away.

    `counts` are the configs' own, where they are made already. The callbacks are those of `score`.
    Raises what reading raises.
    """
    counts = counts or InsightCounts.of(configs, options)
    run = score(
        visitors,
        configs,
        options,
        plan=counts.plan,
        watch=counts.watch,
        on_sources=on_sources,
        on_rows=on_rows,
        on_progress=on_progress,
    )
    return Insight(counts.report(run), run)


def asked(
    configs: Sequence[tuple[str, IcpConfig]], options: Options, *, changes: bool
) -> tuple[Plan, list[Question]]:
    """The plan with all that is asked, and the questions in the plan's order."""
    how: dict[str, Any] = {"as_of": options.as_of, "case_sensitive": options.case_sensitive}
    how["tiers"] = options.tiers
    models = dict(configs)
    questions = [
        Question(condition, is_alone=not changes, scores_decide=models[config.slug].min_score > 0)
        for config in make_plan(configs, **how).configs
        for condition in models[config.slug].conditions
    ]
    others = [
        condition
        for question in questions
        for condition in chain(question.listed, (becomes for *_, becomes in question.changes))
    ]
    plan = make_plan(configs, **how, others=others)
    planned = chain(*(config.conditions for config in plan.configs))
    more, listed, changes_before = iter(plan.others), 0, 0
    for question, condition in zip(questions, planned, strict=True):
        question.planned = condition
        question.planned_listed = tuple(next(more) for _ in question.listed)
        question.planned_changes = tuple(next(more) for _ in question.changes)
        question.listed_at = slice(listed, listed := listed + len(question.listed))
        question.changes_at = slice(
            changes_before, changes_before := changes_before + len(question.changes)
        )
    return plan, questions
