"""Statistics on Spark: tasks count each block, and blocks come together in the inputs' order."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec.structs import replace

from icpctl.config.model import named_configs
from icpctl.spark.jobs import Jobs
from icpctl.spark.run import SparkScan
from icpctl.spark.session import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import SparkSession

    from icpctl.config.model import ConfigFile, IcpConfig
    from icpctl.features.stats.counting import Stats, StatsCounts
    from icpctl.scoring.run import Options
    from icpctl.spark.session import Cluster


def stats_on(
    cluster: Cluster,
    visitors: Sequence[str],
    configs: Sequence[ConfigFile],
    options: Options,
    counts: StatsCounts,
    organization: str | None,
) -> Stats:
    """As `stats`, with Spark started for it. Raises `IcpctlError` for whatever goes wrong."""
    with session(cluster, "icpctl stats") as spark:
        return stats(spark, visitors, named_configs(configs), options, counts, organization)


def stats(
    spark: SparkSession,
    visitors: Sequence[str],
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    counts: StatsCounts,
    organization: str | None,
) -> Stats:
    """Score visitors against `(slug, config)` pairs, and count those of a period with `counts`.

    Raises what reading raises; Spark's own errors pass.
    """
    jobs = Jobs(spark)
    options = replace(options, fields=counts.fields)
    scan = SparkScan.of(spark, visitors, options, jobs)
    work = scan.work(configs, block_counts=counts)
    frames = scan.frames
    jobs.describe(f"statistics of {frames.words} against {len(configs)} configs")
    with frames.fixed_blocks(), scan.judging(work, jobs) as judging:
        tallies = judging.blocks(jobs.run(judging.rows, frames.size))
    blocks = scan.in_order(tallies)
    for _, tally in blocks:
        counts.merge(cast("StatsCounts", tally.more))
    run = scan.run(blocks, work)
    return counts.stats(run, organization, case_sensitive=options.case_sensitive)
