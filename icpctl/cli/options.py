"""Options that several commands have, single and in groups, and what shells complete of them.

What completes is from the vocabulary and from file names; no config is read. `slugs`,
`organizations` and `vocabulary` give the words that may be given for a parameter; Typer keeps those
that begin as what was typed does. A folder that is not there completes nothing, and never an error.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from msgspec import Struct, field

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.config.model import ConfigFile
    from icpctl.config.store import Workspace
    from icpctl.scoring.run import Options
    from icpctl.spark.session import Cluster
    from icpctl.vocabulary import Vocabulary


def workspace(directory: Path | None, org: str | None, *, all_orgs: bool = False) -> "Workspace":
    """Return the folder that `--dir` and `--org` mean, or the settings where they are not given.

    With `all_orgs` it is the whole folder, whatever organization is set.
    """
    from icpctl.config.store import Workspace, named_org
    from icpctl.settings import load_settings

    settings = load_settings()
    root = settings.dir if directory is None else directory
    if all_orgs:
        return Workspace(root)
    return Workspace(root, named_org(root, settings.org if org is None else org))


def known_vocabulary(directory: Path | None, org: str | None) -> "Vocabulary":
    """Return the condition types of a folder of configs, or the built-in ones where none is there.

    Raises `IcpctlError`: `invalid_config` where its custom fields are not valid, and what
    `Workspace` raises where `--dir` or `--org` names a folder that is not there.
    """
    from icpctl.vocabulary import BUILT_IN

    folder = workspace(directory, org)
    if directory is None and org is None and not folder.exists():
        return BUILT_IN
    _ = folder.folder
    return folder.definitions().required().vocabulary


def slugs(context: typer.Context) -> list[str]:
    """Return the slugs of the folder that the options typed so far mean."""
    try:
        return workspace(_directory(context), context.params.get("org")).slugs()
    except (IcpctlError, OSError):
        return []


def organizations(context: typer.Context) -> list[str]:
    """Return the organizations of the folder that `--dir` means.

    Names with a line end or a tab are left out, because a shell reads one name per line.
    """
    try:
        names = workspace(_directory(context), None, all_orgs=True).orgs()
    except (IcpctlError, OSError):
        return []
    return [name for name in names if name.isprintable()]


def vocabulary(context: typer.Context) -> "Vocabulary":
    """Return the condition types of the folder that the options typed so far mean."""
    from icpctl.vocabulary import BUILT_IN

    try:
        folder = workspace(_directory(context), context.params.get("org"))
        return folder.definitions().vocabulary
    except (IcpctlError, OSError):
        return BUILT_IN


def _directory(context: typer.Context) -> Path | None:
    folder = context.params.get("directory")
    return Path(folder) if folder else None


def _compared(names: list[str] | None) -> list[str] | None:
    """Return slugs as texts are compared: letter case and outer spaces do not matter."""
    from icpctl.values.text_forms import plain

    return names and [plain(name, case_sensitive=False) for name in names]


Dir = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        envvar="ICPCTL_DIR",
        metavar="DIR",
        readable=False,  # whoever reads it says so, as of any other file
        help="Folder of configs (default: icp_configs, or the settings).",
    ),
]
Org = Annotated[
    str | None,
    typer.Option(
        "--org",
        envvar="ICPCTL_ORG",
        metavar="NAME",
        autocompletion=organizations,
        help="Organization: a subfolder of the folder of configs.",
    ),
]
Visitors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="VISITORS",
        help="Files, folders or globs: JSON, CSV, Parquet or Excel, also compressed; - is stdin "
        "(default: the setting visitors).",
    ),
]
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME|F.yaml",
        help="Field mapping (default: detected); repeatable, each file takes the first that "
        "recognises it.",
    ),
]
Rejects = Annotated[str | None, typer.Option(metavar="F", help="Write rejected lines to F.")]
MaxRejects = Annotated[
    str,
    typer.Option(metavar="N|P%", help="Exit with 1 if more lines are rejected than this."),
]
TempDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of large temporary files (default: the system's)."),
]
Report = Annotated[
    Path | None,
    typer.Option(metavar="F", help="Write a report to F: .html, or .md for Markdown."),
]
ReportTitle = Annotated[
    str | None, typer.Option("--report-title", metavar="TEXT", help="Title of the report.")
]
NoVisitors = Annotated[
    bool, typer.Option("--no-visitors", help="Leave individual visitors out of the report.")
]
Configs = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="SLUG",
        help="Use only this config, active or not (repeatable).",
        autocompletion=slugs,
        callback=_compared,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="T", help="Count days up to this date (default: now)."),
]
By = Annotated[
    str | None,
    typer.Option(
        metavar="PATH|FIELD",
        help="Make one visitor of all records with the same value of this field, across files.",
    ),
]
CaseSensitive = Annotated[
    bool | None,
    typer.Option(
        "--case-sensitive/--ignore-case",
        help="Compare letter case, or ignore it (default).",
    ),
]
BaseRef = Annotated[
    str | None,
    typer.Option("--base", metavar="REF", help="Compare with the configs of a git revision."),
]
BaseDir = Annotated[
    Path | None,
    typer.Option("--base-dir", metavar="DIR", help="Compare with the configs of another folder."),
]
Slug = Annotated[
    str,
    typer.Argument(
        metavar="SLUG",
        help="Name of the config: its file without extension.",
        autocompletion=slugs,
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="E", help="Encoding of CSV files that are not UTF-8."),
]
EngineName = Literal["local", "spark"]

Engine = Annotated[
    EngineName, typer.Option(help="Where to run: on this machine, or on Spark (docs/scale.md).")
]
Master = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Spark master, such as spark://HOST:7077 (default: from Spark's settings).",
    ),
]
SparkConf = Annotated[
    list[str] | None,
    typer.Option("--spark-conf", metavar="KEY=VALUE", help="Pass a setting to Spark (repeatable)."),
]


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
        from icpctl.cli.scoring_options import visitors_of

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
        from icpctl.cli import scoring_options as given
        from icpctl.mappings.mapping import CUSTOM_FIELD
        from icpctl.mappings.paths import parse_path
        from icpctl.scoring.run import Options
        from icpctl.settings import load_settings

        given.parsed("--carry", carry, parse_path)
        custom = {}
        if any(map(CUSTOM_FIELD.fullmatch, [*carry, *fields, by or ""])):
            types = self.workspace().definitions().required().vocabulary.types
            custom = {name: entry for name, entry in types.items() if entry.is_custom}
        return Options(
            as_of=Options().as_of if self.as_of is None else given.instant_of(self.as_of),
            case_sensitive=given.is_case_sensitive(self.case_sensitive),
            mappings=given.mappings_of(self.mapping),
            by=given.visitor_keys([by] if by else [], custom),
            carry=tuple(dict.fromkeys(carry)),
            temp_dir=self.temp_dir,
            encoding=given.encoding_of(self.encoding),
            tiers=load_settings().tiers,
            custom=custom,
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
