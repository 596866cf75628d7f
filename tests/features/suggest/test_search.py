"""The parts of the search against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from icpctl.features.suggest.learner.columns import Candidate, make_columns, quantiles
from icpctl.features.suggest.learner.literals import make_literals
from icpctl.features.suggest.learner.logistic import Patterns, fit, log_odds, loss, solve
from icpctl.features.suggest.learner.points import points_loss, round_to_points
from icpctl.features.suggest.learner.search import null_loss, search
from icpctl.features.suggest.learner.shuffling import shuffled
from tests.features.suggest.samples import planted_sample

SAMPLE = planted_sample(0, units=800, won=120)


def test_each_condition_gains_likelihood() -> None:
    losses = [null_loss(SAMPLE), *(model.loss for model in search(SAMPLE, 8))]
    assert losses == sorted(losses, reverse=True)
    assert len(losses) > 3


def test_the_first_condition_is_the_one_of_largest_score_statistic() -> None:
    base = SAMPLE.won.mean()
    statistics = {}
    for column in make_literals(SAMPLE):
        for position, candidate in enumerate(column.candidates):
            met = column.literal(position).of(SAMPLE.columns)
            gain = float((SAMPLE.won[met] - base).sum())
            spread = base * (1 - base) * met.sum() * (1 - met.mean())
            statistics[candidate] = gain**2 / spread if gain > 0 else 0.0
    best = max(statistics.values())
    chosen = search(SAMPLE, 1)[0].literals[0].candidate
    assert statistics[chosen] == pytest.approx(best, rel=1e-4)  # the start is drawn to a half


def test_weights_are_scikit_learns_where_none_is_negative() -> None:
    linear_model = pytest.importorskip("sklearn.linear_model")
    model = search(SAMPLE, 4)[-1]
    meets = np.column_stack([literal.of(SAMPLE.columns) for literal in model.literals]).astype(
        float
    )
    # the penalty is half the squared weights times 0.01
    reference = linear_model.LogisticRegression(C=100, tol=1e-10, max_iter=1000)
    reference.fit(meets, SAMPLE.won)
    assert model.weights[1:] == pytest.approx(reference.coef_[0], abs=1e-4)


def test_points_lose_little_of_the_likelihood() -> None:
    models = search(SAMPLE, 5)
    config = round_to_points(models[-1])
    gained = null_loss(SAMPLE) - models[-1].loss
    points = config.points_of(SAMPLE).astype(float)
    levels, level = np.unique(points, return_inverse=True)
    patterns = Patterns(
        (levels / levels.max())[:, None],
        np.bincount(level).astype(float),
        np.bincount(level[SAMPLE.won], minlength=len(levels)).astype(float),
    )
    kept = null_loss(SAMPLE) - loss(patterns, log_odds(patterns, fit(patterns)))
    assert kept > 0.9 * gained


def test_no_single_step_of_points_is_better() -> None:
    model = search(SAMPLE, 3)[-1]
    config = round_to_points(model)
    of_literal = dict(zip(map(id, config.literals), config.points, strict=True))
    points = [of_literal.get(id(literal), 0) for literal in model.literals]
    assert sum(points) == config.total
    lowest = points_loss(model.patterns, points)
    for place in range(len(points)):
        for step in (-1, 1):
            changed = [*points[:place], points[place] + step, *points[place + 1 :]]
            if min(changed) >= 0 and max(changed) > 0 and max(points) == 5:
                assert points_loss(model.patterns, changed) >= lowest


@given(st.integers(1, 6), st.integers(0, 1000))
def test_solve_solves(size: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size))
    matrix, right = root @ root.T + np.eye(size), rng.normal(size=size)
    assert matrix @ solve(matrix, right) == pytest.approx(right, abs=1e-9)


@given(st.integers(0, 200), st.integers(0, 2**60), st.integers(0, 100))
def test_shuffled_is_a_permutation_of_its_seeds_alone(count: int, seed: int, salt: int) -> None:
    order = shuffled(count, seed, salt)
    assert sorted(order.tolist()) == list(range(count))
    assert (order == shuffled(count, seed, salt)).all()


def test_shuffled_is_the_same_everywhere() -> None:
    assert shuffled(10, 1, 2).tolist() == [8, 7, 5, 6, 1, 4, 3, 0, 2, 9]


@given(st.lists(st.integers(-5, 5) | st.none(), max_size=60))
def test_quantiles_occur_and_are_above_the_lowest(numbers: list[int | None]) -> None:
    values = np.array([np.nan if number is None else number for number in numbers], float)
    cuts = quantiles(values)
    assert cuts == sorted(set(cuts))
    present = {number for number in numbers if number is not None}
    assert set(cuts) <= present - {min(present, default=None)}


@given(st.data())
def test_atoms_say_what_the_candidates_say(data: st.DataObject) -> None:
    values, count = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 20))
    of_unit = [
        sorted(data.draw(st.sets(st.integers(0, values - 1), min_size=1))) for _ in range(count)
    ]
    width = data.draw(st.integers(1, 12))
    flags = st.lists(st.booleans(), min_size=width, max_size=width)
    truths = np.array([data.draw(flags) for _ in range(values)], bool)
    candidates = [Candidate("industry", "equals", f"{number:02}") for number in range(width)]
    units = np.repeat(np.arange(count), [len(members) for members in of_unit])
    elements = np.array([value for members in of_unit for value in members])
    columns = make_columns("industry", units, elements, truths, candidates, count)
    expected = np.array([truths[members].any(axis=0) for members in of_unit])
    together = np.column_stack([column.truths[column.codes] for column in columns])
    assert (together == expected).all()
    assert all(column.single == (len(units) == count) for column in columns)
