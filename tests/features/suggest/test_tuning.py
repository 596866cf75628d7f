"""Weights and thresholds of a config that is there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from icpctl.features.suggest.learner.columns import Candidate, Sample, make_columns
from icpctl.features.suggest.learner.tuning import (
    TunedCondition,
    TunedConfig,
    TunedGroup,
    config_auc,
    tune,
)
from tests.long import long
from tests.process import ROOT, Ended, icpctl

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = ROOT / "sample_visitors" / "_outcomes"


def sample_of(*fields: np.ndarray, won: np.ndarray) -> Sample:
    """Each field is one condition: met or not."""
    columns = []
    for number, met in enumerate(fields):
        candidates = [Candidate(f"f{number}", "exists", True)]
        rows = np.arange(len(won))
        truths = np.array([[False], [True]])
        columns += make_columns(f"f{number}", rows, met.astype(int), truths, candidates, len(won))
    return Sample(tuple(columns), won)


def group(is_and: bool, *conditions: tuple[int, float, bool]) -> TunedGroup:
    return TunedGroup(is_and, tuple(TunedCondition(c, 0, w, o) for c, w, o in conditions))


FLAGS = np.array(list(np.ndindex(2, 2, 2)), bool)


@pytest.mark.parametrize(
    ("is_and", "expected"),
    # required a (weight 1) and b (3), optional c (2)
    [
        (True, [-1, -1, -1, -1, -1, -1, 6667, 10000]),
        (False, [-1, -1, 6000, 10000, 2000, 6000, 6000, 10000]),
    ],
)
def test_scores_are_those_of_the_rules(is_and: bool, expected: list[int]) -> None:
    sample = sample_of(*FLAGS.T, won=np.zeros(8, bool))
    scores = group(is_and, (0, 1, False), (1, 3, False), (2, 2, True)).hundredths(sample.columns)
    assert scores.tolist() == expected


def test_the_condition_that_tells_gets_the_weight() -> None:
    rng = np.random.default_rng(0)
    met = rng.random((3, 900)) < 0.5
    won = rng.random(900) < np.where(met[1], 0.4, 0.05)
    sample = sample_of(*met, won=won)
    config = TunedConfig((group(True, (0, 1, True), (1, 1, True), (2, 1, True)),))
    tuned = tune(config, sample)
    weights = [condition.weight for condition in tuned.groups[0].conditions]
    assert weights[1] == max(weights) > weights[0]
    assert config_auc(tuned, sample) > config_auc(config, sample)


@long
def test_tune_prints_a_diff(tmp_path: Path) -> None:
    (tmp_path / "icp_configs").mkdir()
    conditions = (
        "- {type: industry, comparator: in, value: [Software, FinTech], optional: true}",
        "- {type: company_size, comparator: gte, value: 3000, optional: true}",
        "- {type: page_contains, comparator: contains, value: /pricing, optional: true}",
    )
    body = "\n".join(f"        {condition}  # why" for condition in conditions)
    config = f"label: A\nrules:\n  groups:\n    - operator: AND\n      conditions:\n{body}\n"
    (tmp_path / "icp_configs" / "a.yaml").write_text(config)
    args = ("--won", SAMPLE / "deals.csv", "--against", "everyone", "--as-of", "2026-11-23")
    ended = icpctl("suggest", SAMPLE / "visitors.jsonl", *args, "--tune", "a", cwd=tmp_path)
    assert ended.code == 0, ended.err
    assert "-        - {type: company_size, comparator: gte, value: 3000" in ended.out
    assert (tmp_path / "icp_configs" / "a.yaml").read_text() == config
    assert "held out, tuned: AUC" in ended.err
    removed, added = (
        [line for line in ended.out.splitlines() if line.startswith(mark) and "# why" in line]
        for mark in "-+"
    )
    assert len(removed) == len(added) > 0  # comments stay
    assert "+minScore: " in ended.out
    check_tuned_figures(tmp_path, ended, args)


def check_tuned_figures(folder: Path, ended: Ended, args: tuple[str | Path, ...]) -> None:
    """What the diff makes of the file is a config with the figures that were printed."""
    (folder / "tuned.diff").write_text(ended.out)
    subprocess.run(
        ["git", "apply", "-p0", "tuned.diff"],
        cwd=folder,
        check=True,
        env={"PATH": os.environ["PATH"], "GIT_CEILING_DIRECTORIES": str(folder.parent)},
    )
    again = ("--period", "newest:30%", "-o", "json")
    checked = icpctl("outcomes", SAMPLE / "visitors.jsonl", *args, *again, cwd=folder)
    (config,) = json.loads(checked.out)["configs"]
    (auc,) = re.findall(r"held out, tuned: AUC ([0-9.]+)", ended.err)
    assert f"{config['ranking']['auc']['value']:.3f}" == auc
