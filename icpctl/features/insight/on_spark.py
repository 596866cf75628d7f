"""Insight on Spark: each task counts all of its blocks, and what tasks counted is merged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from icpctl.config.model import named_configs
from icpctl.features.insight.counting import Insight, InsightCounts, asked
from icpctl.features.insight.counts.watching import Watch
from icpctl.spark.jobs import Jobs
from icpctl.spark.run import SparkScan, merged, visitors_in
from icpctl.spark.session import session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyspark.sql import SparkSession

    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.features.insight.counts.watched_conditions import Question
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options
    from icpctl.spark.session import Cluster
    from icpctl.spark.tasks import BlockTally
    from icpctl.spark.work import Place


class InsightInquiry(Struct, frozen=True):
    """What insight asks in tasks.

    With `parts`, which are those of pages to look for by question, nothing else is counted.
    """

    parts: Mapping[int, Sequence[str]]

    def prepare(
        self, configs: Sequence[tuple[str, IcpConfig]], options: Options
    ) -> tuple[Plan, Callable[[], InsightCounts]]:
        """The plan, and what gives counts of nothing yet."""
        plan, questions = asked(configs, options, changes=not self.parts)
        return plan, partial(self._begin, plan, questions)

    def _begin(self, plan: Plan, questions: list[Question]) -> InsightCounts:
        return InsightCounts(plan, Watch(questions, plan, self.parts))


def insight_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
) -> Insight:
    """As `insight`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    with session(cluster, "icpctl insight") as spark:
        return insight(spark, visitors, named_configs(configs), options)


def insight(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
) -> Insight:
    """Score visitors against `(slug, config)` pairs, and count what keeps them away.

    Parts of pages are counted by a second job, when the first knows which are worth it. Raises what
    reading raises; Spark's own errors pass.
    """
    jobs = Jobs(spark)
    scan = SparkScan.of(spark, visitors, options, jobs)
    frames = scan.frames
    with frames.fixed_blocks():
        jobs.describe(f"insight into {len(configs)} configs by {frames.words}")
        counts, blocks = _looked_into(scan, configs, InsightInquiry({}), jobs)
        parts = counts.watch.proposed_parts()
        if parts:
            jobs.describe(f"count parts of pages in {frames.words}")
            of_parts, again = _looked_into(scan, configs, InsightInquiry(parts), jobs)
            frames.require_same(visitors_in(blocks), visitors_in(again))
            counts.take_parts(of_parts)
    run = scan.run(scan.in_order(blocks), scan.work(configs, inquiry=InsightInquiry({})))
    return Insight(counts.report(run), run)


def _looked_into(
    scan: SparkScan,
    configs: Sequence[tuple[str, IcpConfig]],
    inquiry: InsightInquiry,
    jobs: Jobs,
) -> tuple[InsightCounts, dict[Place, BlockTally]]:
    """What insight counts, and what was found in each block."""
    work = scan.work(configs, inquiry=inquiry)
    _, begin = inquiry.prepare(configs, scan.options)
    counts = begin()
    with scan.judging(work, jobs) as judging:
        tallies = jobs.run(merged(judging.rows), scan.frames.size)
    for tally in tallies:
        if tally.answers:
            counts.counts.merge(tally.answers)
    return counts, judging.blocks(tallies)
