"""The same verdicts on Spark: the reader and the kernel of one machine, run by Spark's tasks.

`icpctl.spark.score` is for those who have a DataFrame; `icpctl score --engine spark` reads files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from pyspark.sql import DataFrame

    from icpctl.config.model import ConfigFile, IcpConfig

__all__ = ["score"]


def score(
    visitors: DataFrame,
    configs: str | Path | Sequence[ConfigFile | tuple[str, IcpConfig]],
    *,
    mapping: str | None = None,
    as_of: datetime | None = None,
    case_sensitive: bool = False,
    keep: Sequence[str] = (),
) -> DataFrame:
    """Return each row's verdict: `id, icp_match, icp, icp_score, matches`, and the columns `keep`.

    A row is a visitor, whose fields are columns of any type, named as a mapping's paths (the
    default's, unless one is named); inside of structs and of JSON texts too. `configs` are a
    folder, whose active configs count, or configs. `as_of`, with a time zone, is now unless
    given. Nothing is read before the result is asked for.

    Raises `IcpctlError`: what reading configs and mappings raises, and `bad_usage` for columns
    that cannot be kept.
    """
    from icpctl.spark.dataframes import options_of, verdicts_of

    options = options_of(as_of, case_sensitive)
    return verdicts_of(visitors, configs, mapping, options, tuple(keep))
