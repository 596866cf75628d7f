"""`icpctl prove equivalent` and `icpctl prove witnesses`."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from icpctl.cli.command import Command, Group
from icpctl.cli.errors import exits
from icpctl.cli.options import BaseDir, BaseRef, CaseSensitive, Dir, Org, Slug, workspace
from icpctl.errors import ExitCode, IcpctlError
from icpctl.features.prove.command import Timeout, prove
from icpctl.output.console import EquivalentFormat

if TYPE_CHECKING:
    from icpctl.config.model import Named
    from icpctl.config.store import Workspace
    from icpctl.features.shared.git_versions import Versions


def equivalent(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CONFIG",
            help="Two slugs or files; with --base or --base-dir any number of slugs.",
        ),
    ] = None,
    base: BaseRef = None,
    base_dir: BaseDir = None,
    directory: Dir = None,
    org: Org = None,
    timeout: Timeout = 2.0,
    case_sensitive: CaseSensitive = None,
    output: Annotated[
        EquivalentFormat, typer.Option("-o", "--output", help="Output format.")
    ] = "text",
) -> ExitCode:
    """Prove that two configs are the same for every visitor, or show a visitor that differs.

    With --base or --base-dir each config is compared with its old version, and the ICP of every
    visitor too: a config that was switched off or has another priority can change it. The exit
    code is 1 unless everything is proved to be the same.
    """
    from icpctl.cli.scoring_options import is_case_sensitive
    from icpctl.features.prove.encoding import require_z3
    from icpctl.features.prove.equivalence import compare
    from icpctl.features.prove.icp_equivalence import compare_icps
    from icpctl.features.prove.output.comparison import print_compared

    require_z3()
    space = workspace(directory, org)
    if base is None and base_dir is None:
        versions, pairs = None, [_two(space, names or [])]
    else:
        versions = _versions(space, names or [], base, base_dir)
        pairs = _pairs(versions)
    how: dict[str, Any] = {
        "case_sensitive": is_case_sensitive(case_sensitive),
        "timeout": timeout,
    }
    compared = [
        (first, second, compare(before, after, **how)) for (first, before), (second, after) in pairs
    ]
    icps = None if versions is None else compare_icps(versions.before, versions.after, **how)
    print_compared(compared, icps, output)
    is_same = all(comparison.is_equal for _, _, comparison in compared)
    return ExitCode.DONE if is_same and (icps is None or icps.same) else ExitCode.FOUND


def witnesses(
    slug: Slug,
    directory: Dir = None,
    org: Org = None,
    timeout: Timeout = 2.0,
    case_sensitive: CaseSensitive = None,
) -> ExitCode:
    """Print tests of a config: for each condition a visitor that meets it and one that does not.

    They are in the format of icpctl test: icpctl prove witnesses saas > icp_configs/saas.test.yaml
    """
    from icpctl.cli.scoring_options import is_case_sensitive
    from icpctl.features.prove.cases import cases_of
    from icpctl.features.prove.encoding import require_z3
    from icpctl.features.prove.output.cases import cases_text

    require_z3()
    config = workspace(directory, org).get(slug)
    is_exact = is_case_sensitive(case_sensitive)
    cases = cases_of(slug, config.config, case_sensitive=is_exact, timeout=timeout)
    sys.stdout.write(cases_text(config, cases))
    return ExitCode.DONE


def _two(space: "Workspace", names: list[str]) -> "tuple[Named, Named]":
    if len(names) != 2:
        raise IcpctlError(
            f"expected two configs, slugs or files, got {len(names)}",
            "bad_usage",
            hint="or compare with a git revision or a folder: --base REF, --base-dir DIR",
        )
    one, two = (_named(space, name) for name in names)
    return one, two


def _named(space: "Workspace", name: str) -> "Named":
    """A config by its slug, or by its file where the name is that of one."""
    from icpctl.config.named_files import load_config

    if os.sep in name or Path(name).suffix:
        return name, load_config(name)
    return name, space.get(name).config


def _versions(
    space: "Workspace", slugs: list[str], ref: str | None, folder: Path | None
) -> "Versions":
    """Read both versions of each config; raise where a config is in one version only."""
    from icpctl.features.shared.git_versions import versions

    both = versions(space, slugs, ref=ref, folder=folder)
    before = {file.slug for file in both.before}
    if gone := sorted(before ^ {file.slug for file in both.after}):
        raise IcpctlError(
            f"{', '.join(gone)} {'is' if len(gone) == 1 else 'are'} in only one of the two "
            "versions",
            "no_such_slug",
            hint="name the configs to compare",
        )
    return both


def _pairs(both: "Versions") -> "list[tuple[Named, Named]]":
    """Return each config as it was and as it is."""
    from icpctl.config.model import named_configs

    before = dict(named_configs(both.before))
    return [
        ((f"{slug} ({both.base})", before[slug]), (slug, config))
        for slug, config in named_configs(both.after)
    ]


prove_app = typer.Typer(cls=Group, rich_markup_mode=None, add_completion=False)
prove_app.callback(invoke_without_command=True)(prove)
prove_app.command(
    "equivalent", cls=Command, short_help="Prove that configs are the same for every visitor."
)(exits(equivalent))
prove_app.command(
    "witnesses", cls=Command, short_help="Print tests at the boundaries of a config."
)(exits(witnesses))
