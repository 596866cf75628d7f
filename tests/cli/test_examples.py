"""The examples in the help of every command: each is there, fits a terminal, and runs."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from icpctl.cli.app import app
from icpctl.cli.command import all_examples
from tests.long import long
from tests.process import ROOT, environment, icpctl

EXAMPLES = all_examples()
GROUP: object = typer.main.get_command(app)
COMPARING = {"diff", "prove equivalent"}
"""Commands whose exit code is 1 when they find a difference."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A repository with configs and exports under the names that the examples use."""
    shutil.copytree(ROOT / "sample_configs", tmp_path / "icp_configs")
    for name in ("new_configs", "other_configs"):
        shutil.copytree(ROOT / "sample_configs", tmp_path / name)
    outcomes = ROOT / "sample_visitors" / "_outcomes"
    shutil.copy(outcomes / "deals.csv", tmp_path)
    shutil.copy(outcomes / "visitors.jsonl", tmp_path / "visits.jsonl")
    shutil.copy(ROOT / "sample_visitors" / "_crm" / "contacts.csv", tmp_path / "export.csv")
    (tmp_path / "mapping.yaml").write_text("id: Contact ID\nindustry: Sector\n")
    event = {
        "email": "ada@acme.example",
        "anonymous_id": "a1",
        "url": "https://www.example.com/pricing",
    }
    (tmp_path / "events.jsonl").write_text(f"{json.dumps(event)}\n" * 2)
    rules = {"groups": [{"operator": "AND", "conditions": [PLAIN]}]}
    (tmp_path / "body.json").write_text(json.dumps({"label": "Mid-market", "rules": rules}))
    _write_visitors(tmp_path / "visitors.csv")
    for words in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-qm", "configs")):
        subprocess.run(["git", *AUTHOR, *words], cwd=tmp_path, check=True)
    return tmp_path


PLAIN = {"type": "company_size", "comparator": "gte", "value": 50}
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")


def _write_visitors(path: Path) -> None:
    lines = (ROOT / "sample_visitors" / "visitors.jsonl").read_text("utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    keys = list(dict.fromkeys(key for record in records for key in record))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, keys)
        writer.writeheader()
        for record in records:
            writer.writerow(record | {"pages": json.dumps(record["pages"])})


@long
@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_run(command: str, folder: Path) -> None:
    if command == "init":
        shutil.rmtree(folder / "icp_configs")
        (folder / "mapping.yaml").unlink()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for call in EXAMPLES[command].values():
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", call],
            cwd=folder,
            env=environment(PATH=path, EDITOR="true"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode in range(2 if command in COMPARING else 1), (call, ended.stderr)
        assert "error:" not in ended.stderr, call


def test_every_command_has_examples() -> None:
    names = set(GROUP.commands)  # type: ignore[attr-defined]
    assert names | {"icpctl", "prove equivalent", "prove witnesses"} == EXAMPLES.keys()
    assert {len(examples) for examples in EXAMPLES.values()} <= {2, 3}


@pytest.mark.parametrize("command", ["score", "prove", "prove equivalent"])
def test_help_ends_with_examples(command: str, tmp_path: Path) -> None:
    shown = icpctl(*command.split(), "--help", cwd=tmp_path, COLUMNS="60").out
    lines = [f"  # {purpose}\n  {call}\n" for purpose, call in EXAMPLES[command].items()]
    assert shown.endswith("\nExamples:\n" + "".join(lines))


def test_what_examples_do_fits_a_line() -> None:
    purposes = [purpose for examples in EXAMPLES.values() for purpose in examples]
    assert max(map(len, purposes)) <= 74
