"""Counts, batch by batch, how the verdicts of two versions of configs differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from icpctl.features.impact.model import OF_CONFIG, SAMPLES, Move, Sample, Tally
from icpctl.values.typed_columns import scalar_texts

if TYPE_CHECKING:
    from icpctl.config.model import IcpConfig
    from icpctl.features.impact.model import ConfigImpact, Kind
    from icpctl.scoring.run import Rows
    from icpctl.scoring.verdicts import Verdicts

_NONE = -1  # no score: the visitor does not match


@dataclass(slots=True)
class Pair:
    """The two versions of a config that are scored. `found` is for one that changed."""

    slug: str
    before: IcpConfig | None
    after: IcpConfig | None
    found: ConfigImpact | None

    @property
    def names(self) -> tuple[str | None, str | None]:
        """What the versions are called in the plan; one that did not change has one name.

        A space stands before all that a slug has, so the plan's order is that of the slugs.
        """
        words = ("before", "after") if self.found else ("both", "both")
        before, after = (f"{self.slug} {word}" for word in words)
        return before if self.before else None, after if self.after else None

    def configs(self) -> dict[str, IcpConfig]:
        """What is scored: both versions, and for each change the later one without it."""
        sides = zip(self.names, (self.before, self.after), strict=True)
        changes = enumerate(self.found.changes if self.found else ())
        versions = {name: config for name, config in sides if name and config}
        return versions | {
            self.without(at): it.change.undone for at, it in changes if it.change.undone
        }

    def without(self, change: int) -> str:
        """What the later version without a change is called in the plan."""
        return f"{self.slug} {change}"


class Counted:
    """What was found so far. Memory does not grow with the visitors."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs = pairs
        self.matched = [0, 0]
        self.tally = Tally()
        self.moves: dict[tuple[str, str], Move] = {}
        self._number: dict[str, int] = {}  # of each config in the plan
        self._of_side: list[np.ndarray] = []  # config -> its pair or -1, before and after

    def configs(self) -> list[tuple[str, IcpConfig]]:
        """Everything that is scored."""
        return [it for pair in self.pairs for it in pair.configs().items()]

    def add(self, rows: Rows) -> None:
        """Count a batch."""
        if not self._number:
            self._number = {name: at for at, name in enumerate(rows.slugs)}
            self._of_side = [self._side(0), self._side(1)]
        matches = _Matches(rows.verdicts)
        icps = [matches.first(of_side) for of_side in self._of_side]
        look = _Look(rows, [it.slug for it in self.pairs], icps)
        self._add_totals(look)
        for at, pair in enumerate(self.pairs):
            if pair.found:
                firsts = [int(np.count_nonzero(icp == at)) for icp, _ in icps]
                self._add_config(pair, pair.found, matches, look, firsts)

    def _side(self, side: int) -> np.ndarray:
        """For each config of the plan the pair whose version it is on a side, or -1."""
        found = np.full(len(self._number), -1, np.int32)
        for at, pair in enumerate(self.pairs):
            if (name := pair.names[side]) is not None:
                found[self._number[name]] = at
        return found

    def _add_totals(self, look: _Look) -> None:
        (before, old), (after, new) = look.icps
        self.matched[0] += int(np.count_nonzero(before >= 0))
        self.matched[1] += int(np.count_nonzero(after >= 0))
        kinds = _kinds(old, new)
        kinds["moved"] = (before >= 0) & (after >= 0) & (before != after)
        kinds["score_changed"] &= before == after
        for kind, held in kinds.items():
            _note(self.tally, kind, held, look, old, new)
        moved = np.flatnonzero(kinds["moved"])
        codes = before[moved].astype(np.int64) * len(self.pairs) + after[moved]
        for code, first, count in zip(*_distinct(codes), strict=True):
            start, end = divmod(code, len(self.pairs))
            slugs = self.pairs[start].slug, self.pairs[end].slug
            move = self.moves.setdefault(slugs, Move(*slugs))
            move.visitors += count
            room = SAMPLES - len(move.samples)
            if room > 0:
                chosen = moved[first:][codes[first:] == code][:room]
                move.samples += look.samples(chosen, old, new)

    def _add_config(
        self,
        pair: Pair,
        found: ConfigImpact,
        matches: _Matches,
        look: _Look,
        firsts: list[int],
    ) -> None:
        old, new = (matches.scores(self._number.get(name or "")) for name in pair.names)
        found.matched_before += int(np.count_nonzero(old >= 0))
        found.matched_after += int(np.count_nonzero(new >= 0))
        found.first_before += firsts[0]
        found.first_after += firsts[1]
        kinds = _kinds(old, new)
        differs = np.flatnonzero(old != new)
        if not len(differs):
            return
        # For each change which of these rows are as they were once it is undone.
        undone = np.zeros((len(found.changes), look.count), bool)
        for at, it in enumerate(found.changes):
            if it.is_known:
                without = matches.scores(self._number[pair.without(at)])
                same = np.where((old < 0) | (new < 0), (without < 0) == (old < 0), without == old)
                undone[at] = same & (old != new)
        for kind in OF_CONFIG:
            held = kinds[kind]
            for at, it in enumerate(found.changes):
                it.counts[kind] += int(np.count_nonzero(undone[at] & held))
            if found.changes:
                found.together[kind] += int(np.count_nonzero(held & ~undone.any(axis=0)))
            _note(found.tally, kind, held, look, old, new, undone)


class _Matches:
    """The matches of a batch by config."""

    def __init__(self, verdicts: Verdicts) -> None:
        self._verdicts = verdicts
        self._count = len(verdicts.icp)
        self._rows = np.repeat(np.arange(self._count, dtype=np.int32), np.diff(verdicts.offsets))
        configs = verdicts.configs
        counts = np.bincount(configs)
        # Numbers that are small enough are sorted in time proportional to their count.
        fits = len(counts) <= np.iinfo(np.int16).max
        self._order = np.argsort(configs.astype(np.int16) if fits else configs, kind="stable")
        self._ends = np.cumsum(counts)

    def scores(self, number: int | None) -> np.ndarray:
        """The score in hundredths of each row against a config, `_NONE` where it does not match."""
        found = np.full(self._count, _NONE, np.int16)
        for matches in self._verdicts.exclusions:
            if matches.config == number:
                found[matches.rows] = matches.hundredths
                return found
        if number is not None and number < len(self._ends):
            first = self._ends[number - 1] if number else 0
            chosen = self._order[first : self._ends[number]]
            found[self._rows[chosen]] = self._verdicts.hundredths[chosen]
        return found

    def first(self, of_config: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """For each row the first match among the configs that have a number, and its score.

        `of_config` gives a config its number or -1; without such a match it is -1 and `_NONE`.
        """
        numbers = of_config.take(self._verdicts.configs)
        chosen = np.flatnonzero(numbers >= 0)
        rows = self._rows[chosen]
        is_first = np.ones(len(rows), bool)
        is_first[1:] = rows[1:] != rows[:-1]
        chosen, rows = chosen[is_first], rows[is_first]
        icp, scores = np.full(self._count, -1, np.int32), np.full(self._count, _NONE, np.int16)
        icp[rows], scores[rows] = numbers[chosen], self._verdicts.hundredths[chosen]
        for matches in self._verdicts.exclusions:
            if of_config[matches.config] >= 0:
                icp[matches.rows], scores[matches.rows] = -1, _NONE
        return icp, scores


@dataclass(slots=True)
class _Look:
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


def _note(
    tally: Tally,
    kind: Kind,
    held: np.ndarray,
    look: _Look,
    old: np.ndarray,
    new: np.ndarray,
    undone: np.ndarray | None = None,
) -> None:
    """Count the rows of a kind, and keep the first of them."""
    tally.counts[kind] += int(np.count_nonzero(held))
    kept = tally.samples.setdefault(kind, [])
    if room := SAMPLES - len(kept):
        kept += look.samples(np.flatnonzero(held)[:room], old, new, undone)


def _distinct(codes: np.ndarray) -> tuple[list[int], list[int], list[int]]:
    """The distinct codes, where each is first, and how often it is there."""
    found, firsts, counts = np.unique(codes, return_index=True, return_counts=True)
    return found.tolist(), firsts.tolist(), counts.tolist()
