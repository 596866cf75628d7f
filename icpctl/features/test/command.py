"""`icpctl test`."""

from typing import Annotated

import typer

from icpctl.cli.options import AsOf, CaseSensitive, Dir, Mapping, Org, Scoring, workspace
from icpctl.errors import ExitCode
from icpctl.output.console import TestFormat


def run_rule_tests(
    slugs: Annotated[
        list[str] | None, typer.Argument(metavar="SLUG", help="Configs to test (default: all).")
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List conditions that are never true or never false.")
    ] = False,
    mutate: Annotated[
        bool,
        typer.Option(
            "--mutate", help="Change the rules one by one, and list what no test notices."
        ),
    ] = False,
    directory: Dir = None,
    org: Org = None,
    as_of: AsOf = None,
    mapping: Mapping = None,
    case_sensitive: CaseSensitive = None,
    output: Annotated[TestFormat, typer.Option("-o", "--output", help="Output format.")] = "table",
) -> ExitCode:
    """Run the tests beside configs.

    They are in SLUG.test.yaml, or in tests/SLUG.test.yaml. The exit code is 1 when a test fails, or
    when a file of tests has no config; the others are run all the same.
    """
    from icpctl.features.shared.rule_tests import load_tests
    from icpctl.features.test.printing import print_tests
    from icpctl.features.test.running import run_tests

    space = workspace(directory, org)
    for slug in slugs or []:
        space.get(slug)
    configs = space.load().require_valid()
    tests, orphans = load_tests(space.folder, configs, slugs or [])
    options = Scoring(as_of=as_of, mapping=mapping, case_sensitive=case_sensitive).options()
    run = run_tests(tests, configs, options, wanted=slugs or [], mutate=mutate)
    run.warnings[:0] = orphans
    print_tests(run, output, coverage=coverage, mutate=mutate)
    return ExitCode.FOUND if run.failed or orphans else ExitCode.DONE
