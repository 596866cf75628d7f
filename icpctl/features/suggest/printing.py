"""A suggested config on stdout with its evidence as comments, and how it was found on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from icpctl.config.model import Condition
from icpctl.features.editing.changes import with_fields
from icpctl.features.editing.output.diffs import print_diff
from icpctl.features.outcomes.statistics.suspects import KNOWING_AUC
from icpctl.features.outcomes.tables import estimate, rate
from icpctl.features.shared.text_layout import yaml_text
from icpctl.features.suggest.learner.chance import PERMUTATIONS
from icpctl.features.suggest.learner.rules import RulesConfig
from icpctl.output.console import note, shown
from icpctl.output.wording import counted, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from icpctl.config.model import ConfigFile
    from icpctl.features.outcomes.model import Estimate
    from icpctl.features.outcomes.statistics.rankings import Auc
    from icpctl.features.suggest.learner.literals import Literal
    from icpctl.features.suggest.learner.suggestion import HeldOut
    from icpctl.features.suggest.learning import Learned
    from icpctl.features.suggest.retuning import Retuned


def print_suggestion(learned: Learned) -> None:
    """Print the config, or the comment that nothing was found, on stdout."""
    sys.stdout.writelines(f"{line}\n" for line in lines_of(learned))
    sys.stdout.flush()


def lines_of(learned: Learned) -> Iterator[str]:
    """The lines of the config's file."""
    suggestion = learned.suggestion
    if suggestion.config is None or suggestion.held_out is None:
        yield f"# Nothing better than chance was found ({_chance(learned.suggestion.p)})."
        return
    yield from (f"# {text}" for text in _evidence(learned, suggestion.held_out))
    yield "label: Suggested by outcomes"
    if suggestion.min_score:
        yield f"minScore: {suggestion.min_score:g}"
    yield "rules:"
    yield "  groups:"
    config = suggestion.config
    shares = iter(suggestion.stability)
    if isinstance(config, RulesConfig):
        for group in config.groups:
            yield from _group([(literal, None, next(shares)) for literal in group])
    else:
        points = getattr(config, "points", ())
        yield from _group(list(zip(config.literals, points, shares, strict=True)))


def _group(conditions: Sequence[tuple[Literal, int | None, float]]) -> Iterator[str]:
    yield "    - operator: AND"
    yield "      conditions:"
    for literal, points, share in conditions:
        yield f"        # chosen in {share:.0%} of resamples"
        body = condition_of(literal).model_dump(exclude_defaults=True)
        if points is not None:
            body |= {"optional": True, "weight": points}
        first = True
        for key, value in body.items():
            yield f"        {'- ' if first else '  '}{key}: {_yaml(value)}"
            first = False


def condition_of(literal: Literal) -> Condition:
    """The condition that a literal stands for."""
    candidate = literal.candidate
    value: Any = candidate.value
    return Condition(type=candidate.field, comparator=candidate.comparator, value=value)


def _yaml(value: Any) -> str:
    value = list(value) if isinstance(value, tuple) else value
    return shown(yaml_text(value, flow=True).strip())


def _evidence(learned: Learned, held_out: HeldOut) -> Iterator[str]:
    unit = "account" if learned.by_account else "visitor"
    yield (
        f"On {counted(held_out.units, unit)} held out ({learned.holdout}), {held_out.won:,} won: "
        f"AUC {_auc(held_out.as_scored)} as scored, {_auc(held_out.ranking)} without minScore"
    )
    yield f"  precision {rate(held_out.precision)}, recall {rate(held_out.recall)}"
    yield f"  lift {_estimate(held_out.lift)}"
    units = learned.suggestion.units
    learned_from = f"{units - held_out.units:,} of {counted(units, unit)}"
    yield f"Learned from {learned_from}; {_chance(learned.suggestion.p)}"


def _estimate(lift: Estimate | None) -> str:
    return estimate(lift) or "not known: none of them is won"


def _auc(ranking: Auc | None) -> str:
    if ranking is None:
        return "unknown"
    if ranking.low is None or ranking.high is None:
        return f"{ranking.value:.3f}"
    return f"{ranking.value:.3f} ({ranking.low:.3f} to {ranking.high:.3f})"


def _chance(p: float) -> str:
    return f"p {p:.3f} by {PERMUTATIONS} permutations of the outcomes"


def print_how(learned: Learned, place: Path, again: str) -> None:
    """Print on stderr how it was found, and the call that checks it once it is saved at `place`."""
    suggestion = learned.suggestion
    unit = "account" if learned.by_account else "visitor"
    note(
        f"{counted(suggestion.units, unit)}, {suggestion.won:,} won; "
        f"{learned.candidates:,} candidate conditions; held out {learned.holdout}"
    )
    if suggestion.few_won:
        note(
            f"warning: {suggestion.won:,} won are few: at most {suggestion.sizes_tried} conditions"
        )
    for name, suspicion in learned.suspects.items():
        if name in learned.left_out:
            note(
                f"left out: {name}, whose values alone have an AUC of {suspicion.auc:.2f} "
                f"(above {KNOWING_AUC}): filled in after the fact? --with {name} uses it"
            )
        elif suspicion.by_missing:
            note(
                f"{name} is missing for {percent(suspicion.missing_won)} of won and "
                f"{percent(suspicion.missing_others)} of others: exists and negatives are left out"
            )
    if suggestion.means:
        sizes = ", ".join(f"{n}: {mean:.3f}" for n, mean in enumerate(suggestion.means, 1))
        note(f"AUC of the folds by number of conditions: {sizes}")
    held_out = suggestion.held_out
    if held_out is not None and held_out.won in (0, held_out.units):
        share = "all" if held_out.won else "none"
        note(
            f"warning: of the {counted(held_out.units, unit)} held out {share} are won, so they "
            "cannot show how good the config is: --holdout random:30% draws others"
        )
    if suggestion.config is not None:
        among = "" if learned.holdout.startswith("newest") else ", on all units together"
        note(f"to check it{among}: save it as {place}, then {again}")


def print_retuned(retuned: Retuned, file: ConfigFile) -> None:
    """Print a diff of the config's file on stdout, and what it changes on stderr."""
    unit = "account" if retuned.by_account else "visitor"
    note(
        f"{counted(retuned.units, unit)}, {retuned.won:,} won; held out {retuned.holdout}; "
        f"{_chance(retuned.p)}"
    )
    if retuned.rules is None:
        print("# Nothing better than chance was found: the config stays as it is.")
        return
    rules = file.config.rules.model_validate(retuned.rules)
    changes = {
        "minScore": retuned.min_score or None,
        "rules": rules.model_dump(mode="json", by_alias=True),
    }
    after = with_fields(file, changes).data
    print_diff((file.path, file.data), (file.path, after))
    sys.stdout.flush()
    for name, figures in (("as it is", retuned.before), ("tuned", retuned.after)):
        note(
            f"held out, {name}: AUC {_auc(figures.as_scored)}, "
            f"precision {rate(figures.precision)}, recall {rate(figures.recall)}"
        )
    as_it_is, tuned = retuned.before.as_scored, retuned.after.as_scored
    if as_it_is is not None and tuned is not None and tuned.value <= as_it_is.value:
        note("warning: on what was held out the tuned config does not do better: keep the old one")
