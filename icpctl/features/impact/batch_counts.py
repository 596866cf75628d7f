"""Counts, batch by batch, how the verdicts of two versions of configs differ."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from msgspec import Struct

from icpctl.features.impact.model import OF_CONFIG, SAMPLES, Cause, Move, Sample, Tally
from icpctl.scoring.verdicts import Matches
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Self

    from icpctl.config.model import IcpConfig
    from icpctl.features.impact.model import ConfigImpact, Kind
    from icpctl.scoring.run import Rows
    from icpctl.scoring.verdicts import Verdicts

_NONE = -1  # no score: the visitor does not match
_MOST_CAUSES = 200  # changes that are looked at alone for those who moved


class Pair(Struct):
    """The two versions of a config that are scored. `impact` is for one that changed."""

    slug: str
    before: IcpConfig | None
    after: IcpConfig | None
    impact: ConfigImpact | None

    @property
    def names(self) -> tuple[str | None, str | None]:
        """What the versions are called in the plan; one that did not change has one name.

        A space sorts before all that a slug has, so the plan's order is that of the slugs.
        """
        words = ("before", "after") if self.impact else ("both", "both")
        before, after = (f"{self.slug} {word}" for word in words)
        return before if self.before else None, after if self.after else None

    def configs(self) -> dict[str, IcpConfig]:
        """What is scored: both versions, and for each change the later one without it."""
        sides = zip(self.names, (self.before, self.after), strict=True)
        changes = enumerate(self.impact.changes if self.impact else ())
        versions = {name: config for name, config in sides if name and config}
        return versions | {
            self.without(number): changed.change.undone
            for number, changed in changes
            if changed.change.undone
        }

    def without(self, change: int) -> str:
        """What the later version without a change is called in the plan."""
        return f"{self.slug} {change}"

    def causes(self) -> Iterator[tuple[Cause, str | None]]:
        """What may move visitors, each with the version that is there instead without it."""
        before, _ = self.names
        if self.impact and self.impact.what != "changed":
            yield Cause(self.slug, self.impact.what), before
        elif self.impact:
            for number, changed in enumerate(self.impact.changes):
                if changed.is_known:
                    yield Cause(self.slug, "changed", changed.change), self.without(number)


class ImpactCounts:
    """What was found so far. Memory does not grow with the visitors."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs
        self.matched = [0, 0]
        self.tally = Tally()
        self.moves: dict[tuple[str, str], Move] = {}
        self._number: dict[str, int] = {}  # of each config in the plan
        self._of_side: list[np.ndarray] = []  # config -> its pair or -1, before and after
        self._without: list[tuple[Cause, np.ndarray]] = []  # the same after, without each cause

    def configs(self) -> list[tuple[str, IcpConfig]]:
        """Everything that is scored."""
        return [entry for pair in self.pairs for entry in pair.configs().items()]

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        if not self._number:
            self._number = {name: number for number, name in enumerate(rows.slugs)}
            self._of_side = [self._side(0), self._side(1)]
            self._without = list(islice(self._sides_without_causes(), _MOST_CAUSES))
        matches = _Matches.of(rows.verdicts)
        icps = [matches.first(of_side) for of_side in self._of_side]
        batch = _SampledBatch(rows, [pair.slug for pair in self.pairs], icps)
        self._add_totals(batch, matches)
        for number, pair in enumerate(self.pairs):
            if pair.impact:
                firsts = [int(np.count_nonzero(icp == number)) for icp, _ in icps]
                self._add_config(pair, pair.impact, matches, batch, firsts)

    def _side(self, side: int) -> np.ndarray:
        """For each config of the plan the pair whose version it is on a side, or -1."""
        pair_of = np.full(len(self._number), -1, np.int32)
        for number, pair in enumerate(self.pairs):
            if (name := pair.names[side]) is not None:
                pair_of[self._number[name]] = number
        return pair_of

    def _sides_without_causes(self) -> Iterator[tuple[Cause, np.ndarray]]:
        """For each cause the side after, as it would be without."""
        for number, pair in enumerate(self.pairs):
            for cause, version in pair.causes():
                pair_of = self._of_side[1].copy()
                pair_of[pair_of == number] = -1
                if version is not None:
                    pair_of[self._number[version]] = number
                yield cause, pair_of

    def _add_totals(self, batch: _SampledBatch, matches: _Matches) -> None:
        (before, old), (after, new) = batch.icps
        self.matched[0] += int(np.count_nonzero(before >= 0))
        self.matched[1] += int(np.count_nonzero(after >= 0))
        kinds = _kinds(old, new)
        kinds["moved"] = (before >= 0) & (after >= 0) & (before != after)
        kinds["score_changed"] &= before == after
        for kind, is_kind in kinds.items():
            _count(self.tally, kind, is_kind, batch, old, new)
        moved = np.flatnonzero(kinds["moved"])
        if len(moved):
            self._add_moves(batch, moved, self._decided_alone(matches, before, moved))

    def _add_moves(self, batch: _SampledBatch, moved: np.ndarray, decided: np.ndarray) -> None:
        """Count the rows `moved`; `decided` [causes, moved] says which cause alone decides."""
        (before, old), (after, new) = batch.icps
        codes = before[moved].astype(np.int64) * len(self.pairs) + after[moved]
        for code in np.unique(codes).tolist():
            start, end = divmod(code, len(self.pairs))
            slugs = self.pairs[start].slug, self.pairs[end].slug
            if slugs not in self.moves:
                causes = Counter({cause: 0 for cause, _ in self._without})
                self.moves[slugs] = Move(*slugs, causes=causes)
            move = self.moves[slugs]
            is_move = codes == code
            move.visitors += int(np.count_nonzero(is_move))
            room = max(0, SAMPLES - len(move.samples))
            move.samples += batch.samples(moved[is_move][:room], old, new)
            counts = np.count_nonzero(decided[:, is_move], axis=1).tolist()
            for (cause, _), count in zip(self._without, counts, strict=True):
                move.causes[cause] += count
            move.together += int(np.count_nonzero(is_move & ~decided.any(axis=0)))

    def _decided_alone(
        self, matches: _Matches, before: np.ndarray, moved: np.ndarray
    ) -> np.ndarray:
        """Which of the rows `moved` have their old ICP without a cause [causes, moved]."""
        rows = matches.only(moved)
        decided = np.zeros((len(self._without), len(moved)), bool)
        for number, (_, pair_of) in enumerate(self._without):
            decided[number] = rows.first(pair_of)[0] == before[moved]
        return decided

    def _add_config(
        self,
        pair: Pair,
        impact: ConfigImpact,
        matches: _Matches,
        batch: _SampledBatch,
        firsts: list[int],
    ) -> None:
        old, new = (matches.scores(self._number.get(name or "")) for name in pair.names)
        impact.matched_before += int(np.count_nonzero(old >= 0))
        impact.matched_after += int(np.count_nonzero(new >= 0))
        impact.first_before += firsts[0]
        impact.first_after += firsts[1]
        kinds = _kinds(old, new)
        if not np.any(old != new):
            return
        # For each change which of these rows are as they were once it is undone.
        undone = np.zeros((len(impact.changes), batch.count), bool)
        for number, changed in enumerate(impact.changes):
            if changed.is_known:
                without = matches.scores(self._number[pair.without(number)])
                same = np.where((old < 0) | (new < 0), (without < 0) == (old < 0), without == old)
                undone[number] = same & (old != new)
        for kind in OF_CONFIG:
            is_kind = kinds[kind]
            for number, changed in enumerate(impact.changes):
                changed.counts[kind] += int(np.count_nonzero(undone[number] & is_kind))
            if impact.changes:
                impact.together[kind] += int(np.count_nonzero(is_kind & ~undone.any(axis=0)))
            _count(impact.tally, kind, is_kind, batch, old, new, undone)


class _Matches:
    """The matches of a batch, or of some of its rows, by config."""

    def __init__(
        self,
        count: int,
        rows: np.ndarray,
        configs: np.ndarray,
        hundredths: np.ndarray,
        exclusions: Sequence[Matches],
    ) -> None:
        self._count = count
        self._rows = rows
        self._configs = configs
        self._hundredths = hundredths
        self._exclusions = exclusions

    @classmethod
    def of(cls, verdicts: Verdicts) -> Self:
        """The matches of a batch."""
        count = len(verdicts.icp)
        rows = np.repeat(np.arange(count, dtype=np.int32), np.diff(verdicts.offsets))
        return cls(count, rows, verdicts.configs, verdicts.hundredths, verdicts.exclusions)

    def only(self, rows: np.ndarray) -> Self:
        """The matches of some rows, which ascend; they are numbered anew."""
        number_of = np.full(self._count, -1, np.int32)
        number_of[rows] = np.arange(len(rows))
        numbers = number_of[self._rows]
        kept = numbers >= 0
        exclusions = []
        for matches in self._exclusions:
            renumbered = number_of[matches.rows]
            is_kept = renumbered >= 0
            exclusions.append(
                Matches(matches.config, renumbered[is_kept], matches.hundredths[is_kept])
            )
        return type(self)(
            len(rows), numbers[kept], self._configs[kept], self._hundredths[kept], exclusions
        )

    def scores(self, config: int | None) -> np.ndarray:
        """The score in hundredths of each row against a config, `_NONE` where it does not match."""
        for matches in self._exclusions:
            if matches.config == config:
                excluded = np.full(self._count, _NONE, np.int16)
                excluded[matches.rows] = matches.hundredths
                return excluded
        order, ends = self._by_config
        scores = np.full(self._count, _NONE, np.int16)
        if config is not None and config < len(ends):
            start = ends[config - 1] if config else 0
            chosen = order[start : ends[config]]
            scores[self._rows[chosen]] = self._hundredths[chosen]
        return scores

    def first(self, pair_of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each row the pair of the first match that has one, and its score.

        `pair_of` gives a config its pair or -1; without such a match they are -1 and `_NONE`.
        """
        pairs = pair_of.take(self._configs)
        chosen = np.flatnonzero(pairs >= 0)
        rows = self._rows[chosen]
        is_first = np.ones(len(rows), bool)
        is_first[1:] = rows[1:] != rows[:-1]
        chosen, rows = chosen[is_first], rows[is_first]
        icp, scores = np.full(self._count, -1, np.int32), np.full(self._count, _NONE, np.int16)
        icp[rows], scores[rows] = pairs[chosen], self._hundredths[chosen]
        for matches in self._exclusions:
            if pair_of[matches.config] >= 0:
                icp[matches.rows], scores[matches.rows] = -1, _NONE
        return icp, scores

    @cached_property
    def _by_config(self) -> tuple[np.ndarray, np.ndarray]:
        """The matches in the order of their configs, and where those of each config end."""
        counts = np.bincount(self._configs)
        # Numbers that are small enough are sorted in time proportional to their count.
        fits = len(counts) <= np.iinfo(np.int16).max
        order = np.argsort(self._configs.astype(np.int16) if fits else self._configs, kind="stable")
        return order, np.cumsum(counts)


class _SampledBatch(Struct):
    """A batch as samples of it are shown. `icps` are pairs and scores [rows], before and after."""

    rows: Rows
    slugs: list[str]
    icps: list[tuple[np.ndarray, np.ndarray]]

    @property
    def count(self) -> int:
        return len(self.icps[0][0])

    def samples(
        self,
        chosen: np.ndarray,
        old: np.ndarray,
        new: np.ndarray,
        undone: np.ndarray | None = None,
    ) -> list[Sample]:
        """The rows `chosen`, with their scores and the changes [changes, rows] that decide."""
        if not len(chosen):
            return []
        (before, _), (after, _) = self.icps
        ids = scalar_texts(self.rows.ids.take(pa.array(chosen))).to_pylist()
        return [
            Sample(
                visitor,
                self.rows.source,
                int(self.rows.lines[row]),
                self._slug(int(before[row])),
                self._slug(int(after[row])),
                max(0, int(old[row])) / 100,
                max(0, int(new[row])) / 100,
                () if undone is None else tuple(np.flatnonzero(undone[:, row]).tolist()),
            )
            for row, visitor in zip(chosen.tolist(), ids, strict=True)
        ]

    def _slug(self, pair: int) -> str | None:
        return None if pair < 0 else self.slugs[pair]


def _kinds(old: np.ndarray, new: np.ndarray) -> dict[Kind, np.ndarray]:
    """Which rows are of which kind by their scores before and after."""
    return {
        "gained": (old < 0) & (new >= 0),
        "lost": (old >= 0) & (new < 0),
        "score_changed": (old >= 0) & (new >= 0) & (old != new),
    }


def _count(
    tally: Tally,
    kind: Kind,
    is_kind: np.ndarray,
    batch: _SampledBatch,
    old: np.ndarray,
    new: np.ndarray,
    undone: np.ndarray | None = None,
) -> None:
    """Count the rows of a kind, and keep the first of them."""
    tally.counts[kind] += int(np.count_nonzero(is_kind))
    kept = tally.samples.setdefault(kind, [])
    if room := SAMPLES - len(kept):
        kept += batch.samples(np.flatnonzero(is_kind)[:room], old, new, undone)
