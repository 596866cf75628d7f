"""Why a visitor has its verdict: the kernel on a batch of one, with its bits decoded."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from icpctl.features.reasons.seen_values import as_number, hits_of, hits_on, see, subject_of
from icpctl.features.shared.exact_scores import Weights, matches_group, rounded, weights_of
from icpctl.features.shared.held_conditions import held_of, row_words
from icpctl.mappings.mapping import ID
from icpctl.scoring.verdicts import score_batch
from icpctl.values.json_records import Number
from icpctl.values.typed_columns import scalar_texts
from icpctl.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import pyarrow as pa

    from icpctl.config.model import Condition, IcpConfig
    from icpctl.features.reasons.seen_values import Hits, HitsOf, Seen
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.scores import ConfigPlan
    from icpctl.scoring.verdicts import Verdicts


class ConditionExplanation(Struct, frozen=True):
    """A condition, whether it holds, what it looked at, and which values of both sides meet.

    `hits` is empty where there is nothing to compare, and for numbers and booleans.
    """

    condition: Condition
    held: bool
    seen: Seen
    hits: Hits = ()

    @property
    def missing(self) -> bool:
        """Whether the visitor has nothing that the condition can look at."""
        return not self.seen.values

    def body(self) -> dict[str, Any]:
        """Return the condition, its outcome and the value seen as JSON values."""
        given = self.condition.model_dump(mode="json")
        return given | {"held": self.held, "seen": self.seen_value, "missing": self.missing}

    @property
    def seen_value(self) -> Any:
        """The value seen as a JSON value: a list where there are several, None without one."""
        if self.missing:
            return None if self.seen.fits else _json(self.seen.raw)
        is_list = len(self.seen.values) > 1 or _is_pages(self.condition)
        return list(self.seen.values) if is_list else self.seen.values[0]


class GroupExplanation(Struct, frozen=True):
    """A group. `score` is what `weights` come to, also where the group does not match."""

    operator: str
    matched: bool
    score: float
    weights: Weights
    conditions: tuple[ConditionExplanation, ...]

    def body(self) -> dict[str, Any]:
        """Return the group as JSON values."""
        return {
            "operator": self.operator,
            "matched": self.matched,
            "score": self.score,
            "conditions": [it.body() for it in self.conditions],
        }


class ConfigExplanation(Struct, frozen=True):
    """A config: whether it matches, and its score, 0 where it does not.

    `min_score` is the lowest score with which it matches; with `excludes` who matches is excluded.
    """

    slug: str
    matched: bool
    score: float
    groups: tuple[GroupExplanation, ...]
    min_score: float = 0
    excludes: bool = False
    label: str = ""

    @property
    def below_min_score(self) -> bool:
        """Whether a group matches, and only the score is too low."""
        return not self.matched and any(group.matched for group in self.groups)

    def body(self) -> dict[str, Any]:
        """Return the config as JSON values."""
        groups = [it.body() for it in self.groups]
        return {
            "slug": self.slug,
            "matched": self.matched,
            "score": self.score,
            "groups": groups,
        }


class Explanation(Struct, frozen=True):
    """The verdict on one visitor, and everything that made it.

    `excluded_by` and `icp_tier` are left out where no config excludes, and where there are no
    tiers.
    """

    id: str | None
    line: int
    icp: str | None
    icp_score: float
    configs: tuple[ConfigExplanation, ...]
    excluded_by: str | None = None
    icp_tier: str | None = None
    with_exclusion: bool = False
    with_tier: bool = False

    def body(self) -> dict[str, Any]:
        """Return what `explain -o json` prints."""
        return {
            "id": self.id,
            "line": self.line,
            "icp_match": self.icp is not None,
            "icp": self.icp,
            "icp_score": self.icp_score,
            **({"icp_tier": self.icp_tier} if self.with_tier else {}),
            **({"excluded_by": self.excluded_by} if self.with_exclusion else {}),
            "configs": [it.body() for it in self.configs],
        }


def explain_row(
    row: pa.RecordBatch, line: int, plan: Plan, configs: dict[str, IcpConfig]
) -> Explanation:
    """Explain the verdict on a batch of one row with the columns `id` and those of the plan.

    `configs` are those that the plan was made of, by slug.
    """
    (explanation,) = explain_rows(row, [line], plan, configs)
    return explanation


def explain_rows(
    rows: pa.RecordBatch,
    lines: Sequence[int],
    plan: Plan,
    configs: dict[str, IcpConfig],
    *,
    most_matches: int | None = None,
) -> Iterator[Explanation]:
    """Explain the verdict on each row of a batch, as `explain_row` does.

    With `most_matches` only that many of the configs that a visitor matches, the first ones.
    """
    verdicts = score_batch(rows, plan)
    offsets, matching = verdicts.offsets.tolist(), verdicts.configs.tolist()
    chosen: list[Sequence[int]] = [
        range(len(plan.configs)) if most_matches is None else matching[start:stop][:most_matches]
        for start, stop in pairwise(offsets)
    ]
    explained = explain_configs(rows, verdicts, chosen, plan, configs)
    ids = scalar_texts(rows[ID]).to_pylist()
    for row, (line, of_row) in enumerate(zip(lines, explained, strict=True)):
        icp = int(verdicts.icp[row])
        yield Explanation(
            ids[row],
            line,
            None if icp < 0 else plan.configs[icp].slug,
            float(verdicts.icp_score[row]),
            of_row,
            _named(verdicts.excluded_by, row, [config.slug for config in plan.configs]),
            _named(verdicts.tier, row, [name for name, _ in plan.tiers]),
            plan.excludes,
            bool(plan.tiers),
        )


def explain_configs(
    rows: pa.RecordBatch,
    verdicts: Verdicts,
    chosen: Sequence[Sequence[int]],
    plan: Plan,
    configs: dict[str, IcpConfig],
) -> Iterator[tuple[ConfigExplanation, ...]]:
    """Explain for each row of a batch the `chosen` configs: their numbers in the plan, row by row.

    `verdicts` are those on the rows, and `configs` those that the plan was made of, by slug.
    """
    words = row_words(rows, plan)
    seen = see(rows, plan)
    numbers = sorted({number for of_row in chosen for number in of_row})
    models = {number: configs[plan.configs[number].slug] for number in numbers}
    asked = [condition for model in models.values() for condition in model.conditions]
    hits = hits_of(asked, seen, plan)
    held = {number: held_of(plan.configs[number].conditions, words) for number in numbers}
    for row, of_row in enumerate(chosen):
        scores = verdicts.scores_of(row)
        explained = []
        for number in of_row:
            config, model, score = plan.configs[number], models[number], scores.get(number)
            groups = _groups(config, model, held[number][row].tolist(), seen[row], hits)
            is_matched = score is not None
            explained.append(
                ConfigExplanation(
                    config.slug,
                    is_matched,
                    score or 0.0,
                    groups,
                    model.min_score,
                    config.excludes,
                    model.label,
                )
            )
        yield tuple(explained)


def _named(numbers: np.ndarray | None, row: int, names: Sequence[str]) -> str | None:
    number = -1 if numbers is None else int(numbers[row])
    return None if number < 0 else names[number]


def _groups(
    planned: ConfigPlan,
    config: IcpConfig,
    held: list[bool],
    seen: dict[str, Seen],
    hits: HitsOf,
) -> tuple[GroupExplanation, ...]:
    groups = []
    start = 0
    for plan, group in zip(planned.groups, config.rules.groups, strict=True):
        stop = start + len(group.conditions)
        ours = held[start:stop]
        conditions = tuple(
            ConditionExplanation(
                condition,
                is_held,
                subject_of(condition, seen),
                hits_on(condition, seen[condition.type], hits),
            )
            for condition, is_held in zip(group.conditions, ours, strict=True)
        )
        weights = weights_of(plan, ours)
        score = rounded(weights.score)
        groups.append(
            GroupExplanation(group.operator, matches_group(plan, ours), score, weights, conditions)
        )
        start = stop
    return tuple(groups)


def _is_pages(condition: Condition) -> bool:
    return condition.condition_type.kind is Kind.PAGES


def _json(value: Any) -> Any:
    """A value of a record, whose numbers are JSON texts, as JSON writers take it."""
    if isinstance(value, Number):
        number = float(value)
        return as_number(number) if math.isfinite(number) else str(value)
    if isinstance(value, list):
        return [_json(element) for element in value]
    if isinstance(value, dict):
        return {key: _json(element) for key, element in value.items()}
    return value
