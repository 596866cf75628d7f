"""`python -m bench.coil ticdata.rda`: suggest beside other learners on CoIL 2000.

The contest asked for the 800 of 4,000 customers who most likely have a caravan insurance; 238 have
one, 47.6 are expected among 800 drawn by lot, the winner found 121. The file is in Debian's package
r-cran-kernlab; rows 0 to 5,821 train. One standard error of a count is what a binomial has: a lead
of less than two of them says nothing. Needs `pip install -e '.[learners]'`.
"""

from __future__ import annotations

import sys
import time
import warnings
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from icpctl.features.outcomes.statistics.rankings import auc, level_counts, won_among_best
from icpctl.features.suggest.learner.columns import Candidate, Sample, make_columns
from icpctl.features.suggest.learner.suggestion import Request, suggest
from icpctl.output.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TRAINING, BEST = 5_822, 800
NOMINAL = ("STYPE", "MOSHOOFD")
"""Fields whose values have no order; all others are numbers, or ranges in order."""


@dataclass(frozen=True)
class Customers:
    """Values [customers] by field, as numbers; names of the values of nominal fields."""

    values: dict[str, np.ndarray]
    names: dict[str, list[str]]
    won: np.ndarray

    def matrix(self) -> np.ndarray:
        """Numbers, and nominal values as one column each [customers, columns]."""
        columns = []
        for field, codes in self.values.items():
            kinds = range(len(self.names[field])) if field in NOMINAL else [None]
            columns += [codes if kind is None else codes == kind for kind in kinds]
        return np.column_stack(columns).astype(float)


def read_customers(path: Path) -> Customers:
    """The data frame of `ticdata.rda`."""
    import rdata

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = rdata.read_rda(path)["ticdata"]
    values, names = {}, {}
    for field in frame.columns[:-1]:
        column = frame[field]
        is_text = str(column.dtype) == "category"
        values[field] = (column.cat.codes if is_text else column).to_numpy().astype(float)
        names[field] = [str(name) for name in column.cat.categories] if is_text else []
    return Customers(values, names, (frame["CARAVAN"].astype(str) != "noinsurance").to_numpy())


def sample_of(customers: Customers) -> Sample:
    """The candidates: values of nominal fields, thresholds of all others."""
    count, columns = len(customers.won), []
    for field, numbers in customers.values.items():
        levels, codes = np.unique(numbers, return_inverse=True)
        if field in NOMINAL:
            names = [customers.names[field][int(level)] for level in levels]
            candidates = [Candidate(field, "equals", name) for name in names]
            truths = np.eye(len(levels), dtype=bool)
        else:
            cuts = np.unique(numbers[:TRAINING])[1:].tolist()
            candidates = [Candidate(field, test, cut) for cut in cuts for test in ("gte", "lt")]
            tests = [test for cut in cuts for test in (levels >= cut, levels < cut)]
            truths = np.array(tests, bool).reshape(-1, len(levels)).T
        columns += make_columns(field, np.arange(count), codes, truths, candidates, count)
    return Sample(tuple(columns), customers.won)


def ours(customers: Customers, **request: Any) -> tuple[np.ndarray, str]:
    """Points of the test customers, and the number of conditions."""
    held_out = np.arange(len(customers.won)) >= TRAINING
    sample = sample_of(customers)
    suggestion = suggest(sample, held_out, Request(**request))
    config = suggestion.config
    if config is None:
        raise SystemExit("nothing better than chance was found")
    return config.points_of(sample.take(held_out)), counted(len(config.literals), "condition")


def peers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Learners of scikit-learn and wittgenstein, as people use them."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

    yield (
        "logistic regression",
        lambda: make_pipeline(
            StandardScaler(), LogisticRegressionCV(Cs=10, cv=5, scoring="roc_auc", max_iter=2000)
        ),
    )
    for strength in (0.004, 0.01):
        yield (
            f"L1 logistic, C = {strength}",
            lambda c=strength: make_pipeline(
                StandardScaler(), LogisticRegression(penalty="l1", C=c, solver="liblinear")
            ),
        )
    yield "tree of 8 leaves", lambda: DecisionTreeClassifier(max_leaf_nodes=8, random_state=0)
    yield (
        "gradient boosting",
        lambda: HistGradientBoostingClassifier(
            max_leaf_nodes=4, learning_rate=0.05, max_iter=150, random_state=0
        ),
    )


def row(name: str, scores: np.ndarray, won: np.ndarray, size: str, seconds: float) -> str:
    """A line of the table."""
    counts = level_counts(np.round(scores, 9), won)
    ranking, best = auc(*counts), won_among_best(*counts, BEST)
    error = sqrt(best * (1 - best / won.sum()))
    return (
        f"| {name} | {size} | {best:.1f} ± {error:.1f} | {ranking.value:.3f} "
        f"({ranking.low:.3f} to {ranking.high:.3f}) | {seconds:.1f} |"
    )


def main(path: Path) -> None:
    """Print the table."""
    customers = read_customers(path)
    won, matrix = customers.won, customers.matrix()
    print("| learner | size | of 238 in the best 800 | AUC | CPU seconds |")
    print("| --- | --- | --: | --: | --: |")
    for name, request in (
        ("suggest", {}),
        ("suggest --max-conditions 4", {"max_conditions": 4}),
        ("suggest --form rules", {"form": "rules"}),
    ):
        started = time.process_time()
        scores, size = ours(customers, **request)
        print(row(name, scores, won[TRAINING:], size, time.process_time() - started))
    for name, make in peers():
        started = time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = make().fit(matrix[:TRAINING], won[:TRAINING])
        scores = model.predict_proba(matrix[TRAINING:])[:, 1]
        print(row(name, scores, won[TRAINING:], size_of(model), time.process_time() - started))
    print(rule_learner(customers, matrix))


def size_of(model: Any) -> str:
    """How much somebody would have to read."""
    last = model[-1] if hasattr(model, "steps") else model
    if hasattr(last, "coef_"):
        return f"{int((np.abs(last.coef_) > 1e-9).sum())} weights"
    return f"{last.get_n_leaves()} leaves" if hasattr(last, "get_n_leaves") else "many trees"


def rule_learner(customers: Customers, matrix: np.ndarray) -> str:
    """RIPPER's rules; who meets none of them comes last."""
    import pandas as pd
    import wittgenstein

    frame = pd.DataFrame(matrix[:TRAINING])
    started = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = wittgenstein.RIPPER(random_state=0)
        model.fit(frame, y=customers.won[:TRAINING], pos_class=True)
        scores = model.predict_proba(pd.DataFrame(matrix[TRAINING:]))[:, 1]
    size = counted(model.ruleset_.count_conds(), "condition")
    taken = time.process_time() - started
    return row("RIPPER", np.asarray(scores, float), customers.won[TRAINING:], size, taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
