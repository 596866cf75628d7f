"""Explanations as trees: each config, group and condition, on terminals and in pipes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from icpctl.output.condition_wording import head, reason, role
from icpctl.output.console import console, is_coloured, note, shown
from icpctl.output.reasons import below_minimum
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from icpctl.scoring.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        Explanation,
        GroupExplanation,
    )

_MOST_WHOLE = 8  # with more configs, only those that tell most are shown whole
_TELLING = 3
_INDENT = 8  # columns in front of a condition
_WORD = 10  # columns of its mark and word
_UNBOUNDED = 1_000_000  # columns of a pipe


def print_trees(explanation: Explanation) -> None:
    """Print each config as a tree, or in a line where there are many, on stdout."""
    _print_on(_Screen.of(sys.stdout), explanation)


def trees_text(explanation: Explanation) -> str:
    """Return what `print_trees` prints in a pipe."""
    stream = StringIO()
    _print_on(_Screen.of(stream), explanation)
    return stream.getvalue()


def _print_on(screen: _Screen, explanation: Explanation) -> None:
    chosen = _chosen(explanation.configs)
    for config in explanation.configs:
        render = _config_tree if config.slug in chosen else _config_line
        screen.console.print(render(config, screen))
    if left := len(explanation.configs) - len(chosen):
        note(f"{left} configs are shown on one line; --config SLUG shows one whole")


@dataclass(frozen=True, slots=True)
class _Screen:
    """How a terminal or a pipe shows a tree."""

    console: Console
    held: str
    failed: str
    times: str
    colour: bool

    @classmethod
    def of(cls, stream: TextIO) -> _Screen:
        screen = console(stream)
        if not screen.is_terminal:
            screen.width = _UNBOUNDED
        colour = is_coloured(stream)
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

        width = self.console.width - _INDENT - _WORD
        lines = [line for text in texts for line in Text(shown(text)).wrap(self.console, width)]
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


def _config_line(config: ConfigExplanation, screen: _Screen) -> Text:
    if config.matched:
        return screen.line(True, f"{config.slug} matches, score {config.score:.2f}")
    nearest = min(config.groups, key=lambda group: len(_failing(group)))
    types = dict.fromkeys(it.condition.type for it in _failing(nearest))
    if config.below_min_score:
        return screen.line(False, f"{config.slug} does not match: {below_minimum(config)}")
    return screen.line(False, f"{config.slug} does not match: {', '.join(types)}")


def _config_tree(config: ConfigExplanation, screen: _Screen) -> Tree:
    from rich.tree import Tree

    outcome = f"matches, score {config.score:.2f}" if config.matched else "does not match"
    if config.below_min_score:
        outcome += f": {below_minimum(config)}"
    elif config.matched and config.excludes:
        outcome += ": who matches is excluded"
    label = screen.line(config.matched, f"{config.slug} {outcome}", bold=True)
    tree = Tree(label, guide_style="dim" if screen.colour else "")
    for group in config.groups:
        branch = tree.add(screen.line(group.matched, f"{group.operator} {_outcome(group, screen)}"))
        for explained in group.conditions:
            branch.add(_condition_text(explained, screen))
    return tree


def _outcome(group: GroupExplanation, screen: _Screen) -> str:
    if group.matched:
        return f"matches: {group.score:.2f} = {_arithmetic(group, screen)}"
    required = sum(not it.condition.optional for it in group.conditions)
    failing = sum(not it.condition.optional and not it.held for it in group.conditions)
    if group.operator == Operator.OR:
        return "does not match: " + (
            f"none of {required} required holds" if required > 1 else "the required one fails"
        )
    return f"does not match: {failing} of {required} required {_do('fail', failing)}"


def _arithmetic(group: GroupExplanation, screen: _Screen) -> str:
    """The score's terms: weights held over weights there are."""
    terms = group.weights
    held, whole = _weight(terms.required), _weight(terms.all_required)
    if not terms.all_optional:
        return f"100 {screen.times} {held} / {whole}"
    more, all_more = _weight(terms.optional), _weight(terms.all_optional)
    if not terms.all_required:
        return f"100 {screen.times} {more} / {all_more} optional"
    return f"100 {screen.times} ({held} + {more} optional) / ({whole} + {all_more} optional)"


def _condition_text(explained: ConditionExplanation, screen: _Screen) -> Text:
    from rich.cells import cell_len

    word = "holds" if explained.held else "missing" if explained.missing else "fails"
    what, why = f"{head(explained.condition)}{role(explained.condition)}", reason(explained)
    together = f"{what}: {why}"
    is_short = cell_len(together) <= screen.console.width - _INDENT - _WORD
    text = screen.under(together) if is_short else screen.under(what, why)
    line = screen.line(
        explained.held, f"{word:<{_WORD - 2}}", matters=not explained.condition.optional
    )
    return line.append(text)


def _weight(weight: Fraction) -> str:
    return f"{float(weight):.6g}"


def _do(verb: str, count: int) -> str:
    return f"{verb}s" if count == 1 else verb
