"""Options that several commands take together, as one parameter, and what they mean."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from icpctl.cli.options.common import (
    AsOf,
    CaseSensitive,
    Dir,
    Encoding,
    Engine,
    Mapping,
    Master,
    NoVisitors,
    Org,
    Report,
    ReportTitle,
    SparkConf,
    TempDir,
    Visitors,
)
from icpctl.cli.workspaces import workspace
from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.config.config_file import ConfigFile
    from icpctl.config.store import Workspace
    from icpctl.scoring.run import Options
    from icpctl.spark.session import Cluster


class Scoring(Struct, frozen=True, kw_only=True):
    """The options of every command that scores exports; `started` is when the call began."""

    visitors: Visitors = None
    directory: Dir = None
    org: Org = None
    as_of: AsOf = None
    mapping: Mapping = None
    case_sensitive: CaseSensitive = None
    temp_dir: TempDir = None
    encoding: Encoding = None
    started: float = field(default_factory=time.perf_counter)

    def exports(self) -> list[str]:
        """Return the exports to read; raise `IcpctlError` `no_visitors` where none is named."""
        from icpctl.cli.options.scoring import visitors_of

        return visitors_of(self.visitors)

    def workspace(self) -> "Workspace":
        """Return the folder of configs."""
        return workspace(self.directory, self.org)

    def configs(self, slugs: Sequence[str] | None) -> "list[ConfigFile]":
        """Return the configs that `--config` names, else the active ones.

        Raises what `Workspace.configs` raises.
        """
        return self.workspace().configs(slugs or [])

    def options(
        self, *, by: str | None = None, carry: Sequence[str] = (), fields: Sequence[str] = ()
    ) -> "Options":
        """Return how to score; options that are None are as the settings say.

        `fields` are those that another option names. Raises `IcpctlError`: `bad_usage`,
        `no_such_mapping`, `bad_mapping`, and what `Workspace.definitions` raises.
        """
        from icpctl.cli.options.scoring import scoring_options
        from icpctl.mappings.mapping import CUSTOM_FIELD

        custom = {}
        if any(map(CUSTOM_FIELD.fullmatch, [*carry, *fields, by or ""])):
            types = self.workspace().definitions().required().vocabulary.types
            custom = {name: entry for name, entry in types.items() if entry.is_custom}
        return scoring_options(
            self.as_of,
            self.mapping,
            self.case_sensitive,
            carry,
            self.temp_dir,
            self.encoding,
            by,
            custom,
        )


class Reporting(Struct, frozen=True, kw_only=True):
    """The options of commands that write a report."""

    report: Report = None
    report_title: ReportTitle = None
    no_visitors: NoVisitors = False

    @property
    def asked(self) -> tuple[Path | None, str | None, bool]:
        """The file, the title, and whether individual visitors are left out."""
        return self.report, self.report_title, self.no_visitors


class OnSpark(Struct, frozen=True, kw_only=True):
    """The options of commands that can run on Spark."""

    engine: Engine = "local"
    master: Master = None
    spark_conf: SparkConf = None

    def cluster(self, unbuilt: dict[str, bool]) -> "Cluster | None":
        """Return where Spark is to run; None where this machine does it.

        `unbuilt` are the options that Spark does not have, and whether they are given. Raises
        `IcpctlError`: `bad_usage`, `not_on_spark`.
        """
        if self.engine != "spark":
            if self.master is not None or self.spark_conf:
                option = "--spark-conf" if self.master is None else "--master"
                raise IcpctlError(
                    f"{option} is for Spark",
                    "bad_usage",
                    hint="add --engine spark, or leave it out",
                )
            return None
        for option, is_given in unbuilt.items():
            if is_given:
                raise IcpctlError(
                    f"{option} is not available with --engine spark",
                    "not_on_spark",
                    hint="leave out one of the two",
                )
        from icpctl.spark.session import Cluster

        return Cluster(self.master, tuple(map(_setting, self.spark_conf or [])))


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.startswith("spark."):
        raise IcpctlError(
            f"--spark-conf {text!r} is not a setting of Spark",
            "bad_usage",
            hint="write spark.KEY=VALUE, such as spark.executor.memory=4g",
        )
    return key, value
