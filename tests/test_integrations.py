"""The hook for pre-commit and the action for GitHub: what they would run, run."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.config.marked import RULES
from tests.long import long
from tests.process import ROOT, environment, icpctl

if TYPE_CHECKING:
    from pathlib import Path

[HOOK] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step.get("name"): step for step in ACTION["runs"]["steps"]}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with a config that is wrong and one that is warned of."""
    folder = tmp_path / "icp_configs"
    folder.mkdir()
    (folder / "bad.yaml").write_text("label: ''\n" + RULES)
    (folder / "odd.yaml").write_text("label: Odd\n" + RULES.replace("exists", "in, value: [a, A]"))
    (tmp_path / "more configs").mkdir()
    (tmp_path / "more configs/two.yaml").write_text("label: Two\n" + RULES)
    return tmp_path


@long
def test_the_hook_checks_the_whole_folder(here: Path) -> None:
    program, *args = shlex.split(HOOK["entry"])
    assert (program, HOOK["pass_filenames"]) == ("icpctl", False)
    ended = icpctl(*args, cwd=here)
    assert ended.code == 1
    assert "icp_configs/bad.yaml:1:8: error[ICP105]" in ended.out


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("icp_configs/a.yaml", True),
        ("icp_configs/acme/a.yml", True),
        ("sales/icp_configs/a.json", True),
        ("icp_configs/README.md", False),
        ("my_icp_configs/a.yaml", False),
        ("a.yaml", False),
    ],
)
def test_the_hook_runs_for_configs(file: str, runs: bool) -> None:
    assert bool(re.search(HOOK["files"], file)) is runs


def validate(here: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's step as GitHub does: by bash, which stops at the first error."""
    command = here / "icpctl"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m icpctl "$@"\n')
    command.chmod(0o755)
    step = STEPS["Validate"]
    defaults = {name: it["default"] for name, it in ACTION["inputs"].items()}
    values = defaults | {name.replace("_", "-"): value for name, value in inputs.items()}
    env = {
        name: values[re.fullmatch(r"\$\{\{ inputs\.(.*) \}\}", text)[1]]  # type: ignore[index]  # it matches
        for name, text in step["env"].items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=here,
        env=environment(ICPCTL=str(command), **env),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_the_action_annotates(here: Path) -> None:
    ended = validate(here)
    assert ended.returncode == 1
    assert [line.split("::")[1] for line in ended.stdout.splitlines()] == [
        "error file=icp_configs/bad.yaml,line=1,col=8,title=ICP105",
        "warning file=icp_configs/odd.yaml,line=6,col=55,title=ICP301",
    ]


def test_the_action_takes_paths_and_strictness(here: Path) -> None:
    paths = "icp_configs/odd.yaml\n\nmore configs/two.yaml\n"
    ended = validate(here, paths=paths)
    assert (ended.returncode, ended.stderr) == (0, "0 errors, 1 warning in 2 files\n")
    assert validate(here, paths=paths, strict="true").returncode == 1


@long
def test_the_action_writes_sarif(here: Path) -> None:
    ended = validate(here, sarif_file="findings.sarif")
    assert ended.returncode == 1
    [run] = json.loads((here / "findings.sarif").read_text("utf-8"))["runs"]
    assert [it["ruleId"] for it in run["results"]] == ["ICP105", "ICP301"]
    assert validate(here, paths="nowhere", sarif_file="x.sarif").returncode == 2


def test_inputs_reach_the_shell_by_the_environment_alone() -> None:
    for step in STEPS.values():
        assert "${{" not in step.get("run", "")
