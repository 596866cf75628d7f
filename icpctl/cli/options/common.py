"""Options that several commands have, and what shells complete of them.

What completes is from the vocabulary and from file names; no config is read. Each function gives
the words that may be given for its parameter; Typer keeps those that begin as what was typed does.
A folder that is not there completes nothing, and never an error.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    from icpctl.vocabulary import Vocabulary


def slugs(context: typer.Context) -> list[str]:
    """Return the slugs of the folder that the options typed so far mean."""
    from icpctl.cli.workspaces import workspace

    try:
        return workspace(_typed(context, "directory"), context.params.get("org")).slugs()
    except (IcpctlError, OSError):
        return []


def organizations(context: typer.Context) -> list[str]:
    """Return the organizations of the folder that `--dir` means.

    Names with a line end or a tab are left out, because a shell reads one name per line.
    """
    from icpctl.cli.workspaces import workspace

    try:
        names = workspace(_typed(context, "directory"), None, all_orgs=True).orgs()
    except (IcpctlError, OSError):
        return []
    return [name for name in names if name.isprintable()]


def vocabulary(context: typer.Context) -> "Vocabulary":
    """Return the condition types of the folder that the options typed so far mean."""
    from icpctl.cli.workspaces import workspace
    from icpctl.vocabulary import BUILT_IN

    try:
        folder = workspace(_typed(context, "directory"), context.params.get("org"))
        return folder.definitions().vocabulary
    except (IcpctlError, OSError):
        return BUILT_IN


def _typed(context: typer.Context, name: str) -> Path | None:
    folder = context.params.get(name)
    return Path(folder) if folder else None


def _compared(names: list[str] | None) -> list[str] | None:
    """Return slugs as texts are compared: letter case and outer spaces do not matter."""
    from icpctl.values.forms.text_forms import plain

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
