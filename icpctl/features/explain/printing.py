"""An explanation as a tree for people, and as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from icpctl.output.condition_wording import head, reason
from icpctl.output.console import console, is_coloured, note, shown
from icpctl.output.read_as import print_mapped
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from fractions import Fraction

    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from icpctl.output.formats import ReportFormat
    from icpctl.scoring.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        Explained,
        Explanation,
        GroupExplanation,
    )

_MOST_WHOLE = 8  # with more configs, only those that tell most are shown whole
_TELLING = 3
_INDENT = 8  # columns in front of a condition
_WORD = 10  # columns of its mark and word
_UNBOUNDED = 1_000_000  # columns of a pipe


def print_explained(
    found: Explained, as_of: datetime, output: ReportFormat, line: int | None = None
) -> None:
    """Print an explanation on stdout; what is to be said about the search goes to stderr.

    `line` is the one that was asked for.
    """
    if output == "json":
        print(json.dumps(found.explanation.body(), indent=2, ensure_ascii=False))
    else:
        _print_head(found, as_of)
        print_trees(found.explanation)
    sys.stdout.flush()
    print_mapped([found.mapped])
    first = found.explanation.line
    if line not in (None, first):
        note(f"line {line:,} is a record of this visitor, whose first is on line {first:,}")
    if found.more:
        have = "1 more visitor has" if found.more == 1 else f"{found.more:,} more visitors have"
        note(f"{have} this id; this is the first")


def print_trees(explanation: Explanation) -> None:
    """Print each config as a tree, or in a line where there are many, on stdout."""
    look = _Look.of_stdout()
    chosen = _chosen(explanation.configs)
    for config in explanation.configs:
        render = _config_tree if config.slug in chosen else _config_line
        look.screen.print(render(config, look))
    if left := len(explanation.configs) - len(chosen):
        note(f"{left} configs are shown in one line; --config SLUG shows one whole")


def _print_head(found: Explained, as_of: datetime) -> None:
    explanation = found.explanation
    who = "(no id)" if explanation.id is None else explanation.id
    place = f"{found.file}:{explanation.line}"
    print(shown(f"{who} in {place}, as of {as_of:%Y-%m-%d %H:%M:%S} UTC"))
    print(f"{_verdict(explanation)}\n")


def _verdict(explanation: Explanation) -> str:
    matching = [it.slug for it in explanation.configs if it.matched and not it.excludes]
    if explanation.excluded_by is not None:
        return f"no ICP: excluded by {explanation.excluded_by}"
    if explanation.icp is None:
        count = len(explanation.configs)
        return "no ICP: " + ("it does not match" if count == 1 else f"none of {count} matches")
    more = matching[1:]
    named = more if len(more) <= _TELLING else [f"{len(more)} more configs"]
    others = f"; also matches {', '.join(named)}" if more else ""
    tier = f", tier {explanation.icp_tier}" if explanation.icp_tier is not None else ""
    return f"ICP {explanation.icp}, score {explanation.icp_score:.2f}{tier}{others}"


@dataclass(frozen=True, slots=True)
class _Look:
    """How a terminal or a pipe shows a tree."""

    screen: Console
    held: str
    failed: str
    times: str
    colour: bool

    @classmethod
    def of_stdout(cls) -> _Look:
        screen = console()
        if not screen.is_terminal:
            screen.width = _UNBOUNDED
        colour = is_coloured(sys.stdout)
        if screen.encoding.startswith("utf"):
            marks = "\N{CHECK MARK}", "\N{BALLOT X}", "\N{MULTIPLICATION SIGN}"
            return cls(screen, *marks, colour)
        return cls(screen, "+", "-", "*", colour)

    def line(self, held: bool, text: str, *, matters: bool = True, bold: bool = False) -> Text:
        """A line that begins with its mark; one that fails and matters stands out."""
        from rich.text import Text

        style = "green" if held else "red" if matters else "yellow"
        mark = self.held if held else self.failed
        if not self.colour:
            return Text(f"{mark} {shown(text)}")
        return Text.assemble((f"{mark} ", style), (shown(text), "bold" if bold else ""))

    def under(self, *texts: str) -> str:
        """The texts as lines of a condition, below each other behind its word."""
        from rich.text import Text

        width = self.screen.width - _INDENT - _WORD
        lines = [line for text in texts for line in Text(shown(text)).wrap(self.screen, width)]
        return f"\n{' ' * _WORD}".join(line.plain.rstrip() for line in lines)


def _chosen(configs: Sequence[ConfigExplanation]) -> set[str]:
    """The slugs of the configs to show whole: all, or the first that match or come nearest."""
    if len(configs) <= _MOST_WHOLE:
        return {it.slug for it in configs}
    telling = [it for it in configs if it.matched] or sorted(configs, key=_distance)
    return {it.slug for it in telling[:_TELLING]}


def _distance(config: ConfigExplanation) -> int:
    return min(len(_failing(group)) for group in config.groups)


def _failing(group: GroupExplanation) -> list[ConditionExplanation]:
    """The required conditions that keep a group from matching; of an OR group one is enough."""
    failing = [it for it in group.conditions if not it.condition.optional and not it.held]
    return failing if group.operator == Operator.AND else failing[:1]


def _config_line(config: ConfigExplanation, look: _Look) -> Text:
    if config.matched:
        return look.line(True, f"{config.slug} matches, score {config.score:.2f}")
    nearest = min(config.groups, key=lambda group: len(_failing(group)))
    types = dict.fromkeys(it.condition.type for it in _failing(nearest))
    if config.below_min_score:
        return look.line(False, f"{config.slug} does not match: {_below(config)}")
    return look.line(False, f"{config.slug} does not match: {', '.join(types)}")


def _config_tree(config: ConfigExplanation, look: _Look) -> Tree:
    from rich.tree import Tree

    outcome = f"matches, score {config.score:.2f}" if config.matched else "does not match"
    if config.below_min_score:
        outcome += f": {_below(config)}"
    elif config.matched and config.excludes:
        outcome += ": who matches is excluded"
    label = look.line(config.matched, f"{config.slug} {outcome}", bold=True)
    tree = Tree(label, guide_style="dim" if look.colour else "")
    for group in config.groups:
        branch = tree.add(look.line(group.matched, f"{group.operator} {_outcome(group, look)}"))
        for one in group.conditions:
            branch.add(_condition_text(one, look))
    return tree


def _below(config: ConfigExplanation) -> str:
    best = max(group.score for group in config.groups if group.matched)
    return f"its score {best:.2f} is below the minimum of {config.min_score:g}"


def _outcome(group: GroupExplanation, look: _Look) -> str:
    if group.matched:
        return f"matches: {group.score:.2f} = {_arithmetic(group, look)}"
    required = sum(not it.condition.optional for it in group.conditions)
    failing = sum(not it.condition.optional and not it.held for it in group.conditions)
    if group.operator == Operator.OR:
        return "does not match: " + (
            f"none of {required} required holds" if required > 1 else "the required one fails"
        )
    return f"does not match: {failing} of {required} required {_do('fail', failing)}"


def _arithmetic(group: GroupExplanation, look: _Look) -> str:
    """The score's terms: weights held over weights there are."""
    terms = group.weights
    held, whole = _weight(terms.required), _weight(terms.all_required)
    if not terms.all_optional:
        return f"100 {look.times} {held} / {whole}"
    more, all_more = _weight(terms.optional), _weight(terms.all_optional)
    if not terms.all_required:
        return f"100 {look.times} {more} / {all_more} optional"
    return f"100 {look.times} ({held} + {more} optional) / ({whole} + {all_more} optional)"


def _condition_text(one: ConditionExplanation, look: _Look) -> Text:
    from rich.cells import cell_len

    word = "holds" if one.held else "missing" if one.missing else "fails"
    what, why = f"{head(one.condition)}{_role(one)}", reason(one)
    together = f"{what}: {why}"
    is_short = cell_len(together) <= look.screen.width - _INDENT - _WORD
    text = look.under(together) if is_short else look.under(what, why)
    line = look.line(one.held, f"{word:<{_WORD - 2}}", matters=not one.condition.optional)
    return line.append(text)


def _role(one: ConditionExplanation) -> str:
    condition = one.condition
    said = ["optional"] if condition.optional else []
    if condition.weight != 1:
        said.append(f"weight {condition.weight:g}")
    return f" ({', '.join(said)})" if said else ""


def _weight(weight: Fraction) -> str:
    return f"{float(weight):.6g}"


def _do(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb
