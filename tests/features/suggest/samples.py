"""Invented units with a planted rule, or none."""

from __future__ import annotations

import numpy as np

from icpctl.features.suggest.learner.columns import (
    Candidate,
    Column,
    Sample,
    make_columns,
    quantiles,
)

TEXTS = {"industry": 12, "country": 10, "job_title": 20, "utm_source": 5, "region": 25}
NUMBERS = ("company_size", "page_view_count", "session_count", "last_seen_days")
PAGES = tuple(f"/page-{number}" for number in range(20))
PLANTED = {"industry", "company_size", "page_contains"}


def text_columns(field: str, values: np.ndarray) -> list[Column]:
    distinct, codes = np.unique(values, return_inverse=True)
    candidates = [Candidate(field, "equals", str(value)) for value in distinct]
    truths = np.eye(len(distinct), dtype=bool)
    return make_columns(field, np.arange(len(values)), codes, truths, candidates, len(values))


def number_columns(field: str, values: np.ndarray) -> list[Column]:
    distinct, codes = np.unique(values, return_inverse=True)
    cuts = quantiles(values)
    candidates = [Candidate(field, comparator, cut) for cut in cuts for comparator in ("gte", "lt")]
    truths = np.column_stack([test for cut in cuts for test in (distinct >= cut, distinct < cut)])
    return make_columns(field, np.arange(len(values)), codes, truths, candidates, len(values))


def page_columns(page: str, visited: np.ndarray) -> list[Column]:
    candidates = [Candidate("page_contains", "contains", page)]
    truths = np.array([[False], [True]])
    rows = np.arange(len(visited))
    return make_columns("page_contains", rows, visited.astype(int), truths, candidates, len(rows))


def planted_sample(seed: int, units: int = 2000, won: int = 200, strength: float = 1.4) -> Sample:
    """Units, likelier won in the commonest industries, if large, or if they saw one page."""
    rng = np.random.default_rng(seed)
    columns: list[Column] = []
    for field, values in TEXTS.items():
        codes = rng.choice(values, units, p=rng.dirichlet(np.full(values, 2.0)))
        columns += text_columns(field, np.char.mod(f"{field} %02d", codes))
        if field == "industry":
            in_industry = np.isin(codes, np.argsort(-np.bincount(codes))[:2])
    for field in NUMBERS:
        numbers = np.round(rng.lognormal(3, 1.2, units))
        columns += number_columns(field, numbers)
        if field == "company_size":
            large = numbers >= np.quantile(numbers, 0.6)
    for number, page in enumerate(PAGES):
        visited = rng.random(units) < rng.uniform(0.03, 0.4)
        if number == 3:
            visited = rng.random(units) < 0.25
            saw = visited
        columns += page_columns(page, visited)
    odds = strength * (in_industry.astype(int) + large + saw) + rng.gumbel(size=units)
    outcome = np.zeros(units, bool)
    outcome[np.argsort(-odds)[:won]] = True
    return Sample(tuple(columns), outcome)


def small_sample(seed: int) -> Sample:
    """Fewer units and fields, a stronger rule: for tests that run everything several times."""
    sample = planted_sample(seed, units=700, won=120, strength=2)
    fields = ("industry", "utm_source", "company_size")
    kept = [column for column in sample.columns if column.field in fields]
    pages = [column for column in sample.columns if column.field == "page_contains"]
    return Sample((*kept, *pages[:6]), sample.won)


def shuffle_rows(sample: Sample, seed: int) -> tuple[Sample, np.ndarray]:
    order = np.random.default_rng(seed).permutation(len(sample))
    return sample.take(order), order
