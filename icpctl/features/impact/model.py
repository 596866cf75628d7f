"""What a change of configs does to visitors: the models that every output renders."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from icpctl.scoring.report import rate
from icpctl.values import date_forms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from icpctl.features.impact.config_diff import Change
    from icpctl.scoring.run import Run

Kind = Literal["gained", "lost", "moved", "score_changed"]
KINDS: tuple[Kind, ...] = ("gained", "lost", "moved", "score_changed")
What = Literal["added", "removed", "activated", "deactivated", "changed"]

SAMPLES = 5
"""How many visitors of each kind are kept for people to see: the first of the export."""


class Sample(Struct, frozen=True):
    """A visitor whose verdict differs.

    The scores are those of the config in question, or of the ICPs; 0 where there is no match.
    `causes` are numbers of the config's changes, each of which undone alone undoes what happened.
    """

    id: str | None
    file: str
    line: int
    icp_before: str | None
    icp_after: str | None
    score_before: float
    score_after: float
    causes: tuple[int, ...] = ()

    def body(self) -> dict[str, Any]:
        """Return the visitor as JSON values."""
        return {
            "id": self.id,
            "file": self.file,
            "line": self.line,
            "icpBefore": self.icp_before,
            "icpAfter": self.icp_after,
            "scoreBefore": self.score_before,
            "scoreAfter": self.score_after,
        }


class Tally(Struct):
    """How many visitors are there of each kind, and the first of them."""

    counts: Counter[Kind] = field(default_factory=Counter)
    samples: dict[Kind, list[Sample]] = field(default_factory=dict)

    def body(self, kinds: Sequence[Kind] = KINDS) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {_KEYS[kind]: self.counts[kind] for kind in kinds}

    def samples_body(self, kinds: Sequence[Kind] = KINDS) -> dict[str, Any]:
        """Return the first visitors as JSON values."""
        return {_KEYS[kind]: [it.body() for it in self.samples.get(kind, ())] for kind in kinds}


class ChangeImpact(Struct):
    """One change of a config, and the visitors for whom it alone decides.

    Those are the visitors for whom undoing this change, and no other, undoes what happened.
    `is_known` is False for a change that was not looked at alone.
    """

    change: Change
    counts: Counter[Kind] = field(default_factory=Counter)

    @property
    def is_known(self) -> bool:
        """Whether the change was looked at alone."""
        return self.change.undone is not None

    def body(self) -> dict[str, Any]:
        """Return the change as JSON values; counts that are not known are null."""
        counts = {_KEYS[it]: self.counts[it] if self.is_known else None for it in OF_CONFIG}
        return self.change.body() | counts


class ConfigImpact(Struct):
    """What becomes of one config's visitors.

    `matched_*` are the visitors that match it, `first_*` those whose ICP it is. `together` counts
    the visitors for whom no change alone decides. The kinds are `OF_CONFIG`: to move is a matter
    of all configs.
    """

    slug: str
    label: str
    what: What
    changes: list[ChangeImpact]
    matched_before: int = 0
    matched_after: int = 0
    first_before: int = 0
    first_after: int = 0
    tally: Tally = field(default_factory=Tally)
    together: Counter[Kind] = field(default_factory=Counter)

    def body(self) -> dict[str, Any]:
        """Return the config as JSON values."""
        samples = self.tally.samples_body(OF_CONFIG)
        for kind in OF_CONFIG:
            for body, sample in zip(
                samples[_KEYS[kind]], self.tally.samples.get(kind, ()), strict=True
            ):
                body["causes"] = list(sample.causes)
        return {
            "slug": self.slug,
            "label": self.label,
            "change": self.what,
            "matchedBefore": self.matched_before,
            "matchedAfter": self.matched_after,
            "firstBefore": self.first_before,
            "firstAfter": self.first_after,
            **self.tally.body(OF_CONFIG),
            "changes": [it.body() for it in self.changes],
            "together": {_KEYS[kind]: self.together[kind] for kind in OF_CONFIG},
            "samples": samples,
        }


OF_CONFIG: tuple[Kind, ...] = ("gained", "lost", "score_changed")
"""What can become of a visitor of one config."""

_KEYS: dict[Kind, str] = {
    "gained": "gained",
    "lost": "lost",
    "moved": "moved",
    "score_changed": "scoreChanged",
}


class Cause(Struct, frozen=True):
    """What happened to a config that may move visitors: one change, or all of it came or went."""

    slug: str
    what: What
    change: Change | None = None

    def body(self) -> dict[str, Any]:
        """Return the cause as JSON values."""
        change = self.change.body() if self.change else None
        return {"config": self.slug, "change": self.what, "detail": change}


class Move(Struct):
    """Visitors whose ICP was one config and is another.

    `causes` counts the visitors for whom a cause alone decides: without it they would not have
    moved. `together` counts those for whom none does.
    """

    before: str
    after: str
    visitors: int = 0
    samples: list[Sample] = field(default_factory=list)
    causes: Counter[Cause] = field(default_factory=Counter)
    together: int = 0

    @property
    def order(self) -> tuple[int, str, str]:
        """The largest moves come first."""
        return -self.visitors, self.before, self.after

    @property
    def deciding(self) -> list[tuple[Cause, int]]:
        """The causes that alone decide for somebody, the commonest first."""
        return (+self.causes).most_common()

    def body(self) -> dict[str, Any]:
        """Return the move as JSON values."""
        causes = [cause.body() | {"visitors": count} for cause, count in self.deciding]
        return {
            "from": self.before,
            "to": self.after,
            "visitors": self.visitors,
            "causes": causes,
            "together": self.together,
        }


class Impact(Struct):
    """The difference that two versions of configs make to the visitors of an export.

    Each visitor is of at most one kind: it is `gained` where no config matched and one does now,
    `lost` the other way round, `moved` where another config is its ICP, and `score_changed` where
    the same one is, with another score. `configs` are those that changed, in order.
    """

    as_of: datetime
    visitors: int
    rejected: int
    matched_before: int
    matched_after: int
    tally: Tally
    moves: list[Move]
    configs: list[ConfigImpact]
    run: Run

    def share(self, kind: Kind) -> float | None:
        """The visitors of a kind over those that matched before."""
        return rate(self.tally.counts[kind], self.matched_before)

    def body(self) -> dict[str, Any]:
        """Return the impact as JSON values."""
        return {
            "asOf": date_forms.instant_text(self.as_of),
            "visitors": self.visitors,
            "rejected": self.rejected,
            "matchedBefore": self.matched_before,
            "matchedAfter": self.matched_after,
            **self.tally.body(),
            "moves": [it.body() for it in self.moves],
            "configs": [it.body() for it in self.configs],
            "samples": self.tally.samples_body(),
        }
