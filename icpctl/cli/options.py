"""Options that several commands have, and what they mean together with the settings."""

from pathlib import Path
from typing import Annotated

import typer

from icpctl.cli.complete import conditions, organizations, slugs
from icpctl.cli.workspaces import workspace as workspace  # noqa: PLC0414 - options come with it
from icpctl.output.formats import SingleFormat

Dir = Annotated[
    Path | None,
    typer.Option(
        "--dir",
        envvar="ICPCTL_DIR",
        metavar="DIR",
        readable=False,  # whoever reads it says so, as of any other file
        help="The folder of configs; icp_configs unless the settings say otherwise.",
    ),
]
Org = Annotated[
    str | None,
    typer.Option(
        "--org",
        envvar="ICPCTL_ORG",
        metavar="NAME",
        autocompletion=organizations,
        help="The organization: a subfolder of the folder of configs.",
    ),
]
Visitors = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="VISITORS",
        help="Files, folders or globs: JSON lines and CSV, also .gz and .zst, Parquet; - is stdin.",
    ),
]
Mapping = Annotated[
    str | None,
    typer.Option(metavar="NAME|F.yaml", help="Where records keep the fields; recognised."),
]
Rejects = Annotated[
    str | None, typer.Option(metavar="F", help="Write the lines that are no visitor.")
]
MaxRejects = Annotated[
    str,
    typer.Option(metavar="N|P%", help="The exit code is 1 when more lines are rejected."),
]
TempDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where large temporary files go; the system's folder."),
]
Report = Annotated[
    Path | None,
    typer.Option(metavar="F", help="Write a report to look at: .html, or .md for Markdown."),
]
ReportTitle = Annotated[
    str | None, typer.Option("--report-title", metavar="TEXT", help="The title of the report.")
]
NoVisitors = Annotated[
    bool, typer.Option("--no-visitors", help="No single visitors in the report, figures only.")
]
Configs = Annotated[
    list[str] | None,
    typer.Option(
        "--config",
        metavar="SLUG",
        help="Only this config, also an inactive one; repeatable.",
        autocompletion=slugs,
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="T", help="The date that last_seen_days counts to; now."),
]
CaseSensitive = Annotated[
    bool | None,
    typer.Option("--case-sensitive/--ignore-case", help="Whether letter case counts in texts."),
]

Slug = Annotated[
    str,
    typer.Argument(
        metavar="SLUG",
        help="The config's name: its file without extension.",
        autocompletion=slugs,
    ),
]
Body = Annotated[
    str | None,
    typer.Option("--file", "-f", metavar="F", help="The whole config; - reads stdin."),
]
Rules = Annotated[
    str | None,
    typer.Option("--rules", metavar="F", help="The rules alone: {groups: [...]}; - reads stdin."),
]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", metavar="E", help="The encoding of CSV files that are not UTF-8."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="C",
        help='A required condition, such as "company_size gte 50".',
        autocompletion=conditions,
    ),
]
Prefer = Annotated[
    list[str] | None,
    typer.Option(
        metavar="C",
        help='An optional condition, such as "job_title contains VP".',
        autocompletion=conditions,
    ),
]
Label = Annotated[str | None, typer.Option("--label", metavar="L", help="The display name.")]
Active = Annotated[
    bool | None,
    typer.Option("--active/--inactive", help="Whether it is scored without being named."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done, do nothing.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask; needed where no terminal can answer.")
]
Output = Annotated[
    SingleFormat, typer.Option("-o", "--output", help="yaml is the file as it stands.")
]
