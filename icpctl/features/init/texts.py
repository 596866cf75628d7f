"""The texts of the files that `icpctl init` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from icpctl import __version__
from icpctl.features.editing.layout import SCHEMA_LINE
from icpctl.features.shared.text_layout import json_text, yaml_text
from icpctl.settings import DEFAULT_DIR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from icpctl.features.init.model import Draft

SLUG = "target-accounts"

_CONFIG_HEAD = """\

# One config is one ICP (Ideal Customer Profile). The file's name is its slug.
label: Target accounts

# The lowest number comes first: the first config that a visitor matches is the visitor's ICP.
priority: 10

rules:
  groups:
    # A visitor who meets every required condition of a group matches; with OR one is enough.
    # Optional conditions only raise the score: the share of all weight that is met, 0 to 100.
    - operator: AND
      conditions:
"""
_TEST_HEAD = """\
# Visitors, and what must come out for them. Run with: icpctl test
tests:
"""
_MAPPING_LINE = """
# Where the records of the export keep each field.
mapping = "mapping.yaml"
"""
_TIERS = """
# Tiers of the score, the column icp_tier.
# tiers = { A = 80, B = 50, C = 0 }
"""


def config_file(drafts: Sequence[Draft]) -> bytes:
    """Return the text of the first config."""
    conditions = "\n".join(
        f"        # {draft.comment}\n{_indented(yaml_text([draft.body]), 8)}" for draft in drafts
    )
    return f"{SCHEMA_LINE}\n{_CONFIG_HEAD}{conditions}".encode()


def test_file(drafts: Sequence[Draft]) -> bytes:
    """Return the text of its test: who meets everything, and who lacks one required condition."""
    whole = dict(draft.visitor for draft in drafts)
    tests: list[dict[str, Any]] = [
        {"name": "meets every condition", "visitor": whole, "match": True, "score": 100}
    ]
    required = [draft for draft in drafts if not draft.optional]
    if len(required) < len(drafts):
        fewer = dict(draft.visitor for draft in required)
        name = "a match without any optional condition"
        tests.append({"name": name, "visitor": fewer, "match": True})
    for draft in required:
        rest = {key: value for key, value in whole.items() if key != draft.visitor[0]}
        name = f"no match without {draft.type}"
        tests.append({"name": name, "visitor": rest, "match": False, "fails": draft.type})
    entries = "\n".join(_indented(yaml_text([test]), 2) for test in tests)
    return f"{_TEST_HEAD}{entries}".encode()


def settings_file(visitors: str | None, *, has_mapping: bool) -> bytes:
    """Return the text of `icpctl.toml`; `visitors` is the export as seen from its folder."""
    if visitors is None:
        named = '# visitors = "visitors.csv"\n'
    else:
        named = f"visitors = {json_text(visitors, None)}\n"
    return (
        "# Settings for this folder and those below it; options of a command go first.\n\n"
        f'# The folder of configs.\ndir = "{DEFAULT_DIR}"\n\n'
        f"# What commands read when no file is named.\n{named}"
        f"{_MAPPING_LINE if has_mapping else ''}{_TIERS}"
    ).encode()


def _indented(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}" for line in text.splitlines(keepends=True))


PLACE = "git+https://git.example.com/your/icpctl"
"""Stands for where an organization keeps icpctl, until somebody writes that."""

_INSTALL = f'pip install "icpctl @ {PLACE}@v{__version__}"'
_WHERE = "Write where your organization keeps icpctl."


def github_workflow(folder: str, configs: str) -> bytes:
    """Return a workflow for GitHub; `folder` has the settings, as seen from the root."""
    del configs
    place = f"    defaults:\n      run:\n        working-directory: {_scalar(folder)}\n"
    return f"""\
# Checks the ICP configs on every change.
name: ICP configs
on: [push, pull_request]
permissions:
  contents: read
jobs:
  icp-configs:
    runs-on: ubuntu-latest
{"" if folder == "." else place}    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.13"
      # {_WHERE}
      - run: {_INSTALL}
      - run: icpctl validate --strict -o github
      - run: icpctl test -o github
""".encode()


def gitlab_job(folder: str, configs: str) -> bytes:
    """Return a job for GitLab."""
    del configs
    place = "" if folder == "." else f"    - {_scalar('cd ' + _quoted(folder))}\n"
    return f"""\
# Checks the ICP configs on every change.
icp-configs:
  image: python:3.13
  script:
    # {_WHERE}
    - {_INSTALL}
{place}    - icpctl validate --strict
    - icpctl test
""".encode()


def pre_commit_hook(folder: str, configs: str) -> bytes:
    """Return a hook for pre-commit; `configs` is the folder of configs from the root."""
    import re

    del folder
    files = json_text(rf"^{re.escape(configs)}/.*\.(ya?ml|json)$", None)
    return f"""\
# Checks the ICP configs before each commit.
repos:
  # {_WHERE}
  - repo: {PLACE.removeprefix("git+")}
    rev: v{__version__}
    hooks:
      - id: icpctl-validate
        files: {files}
        args: [--strict, --dir, {json_text(configs, None)}]
""".encode()


def _scalar(text: str) -> str:
    return yaml_text(text, flow=True).strip()


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


CI_FILES = {
    "github": (".github/workflows/icpctl.yml", github_workflow),
    "gitlab": (".gitlab-ci.yml", gitlab_job),
    "pre-commit": (".pre-commit-config.yaml", pre_commit_hook),
}
"""For each system its file, from the repository's root, and what makes its text."""
