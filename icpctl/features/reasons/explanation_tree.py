"""Explanations as trees: each config, group and condition, on terminals and in pipes."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from msgspec import Struct

from icpctl.features.reasons.condition_wording import reason
from icpctl.features.reasons.sentences import (
    below_minimum,
    best_group,
    distance,
    failing_conditions,
    named,
)
from icpctl.features.shared.condition_phrases import phrase, role
from icpctl.output.console import console, is_coloured, note, shown
from icpctl.output.wording import counted
from icpctl.vocabulary import Operator

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

    from icpctl.features.reasons.explanation import (
        ConditionExplanation,
        ConfigExplanation,
        Explanation,
        GroupExplanation,
    )

_MOST_WHOLE = 8  # with more configs, only the most important are shown whole
_TELLING = 3
_INDENT = 8  # columns before a condition
_WORD = 10  # columns of its mark and word
_STEP = "  "  # before what belongs to the line above
_UNBOUNDED = 1_000_000  # columns of a pipe


def print_trees(explanation: Explanation) -> None:
    """Print each config as a tree, or in a line where there are many, on stdout."""
    _print_on(Screen.of(sys.stdout), explanation)


def trees_text(explanation: Explanation) -> str:
    """Return what `print_trees` prints in a pipe."""
    stream = StringIO()
    _print_on(Screen.of(stream), explanation)
    return stream.getvalue()


def _print_on(screen: Screen, explanation: Explanation) -> None:
    chosen = _chosen(explanation.configs)
    for config in explanation.configs:
        render = _config_tree if config.slug in chosen else _config_line
        screen.console.print(render(config, screen))
    if left := len(explanation.configs) - len(chosen):
        note(f"{left} configs are shown on one line; --config SLUG shows one whole")


class Screen(Struct, frozen=True):
    """How a terminal or a pipe shows a tree."""

    console: Console
    held: str
    failed: str
    times: str
    colour: bool

    @classmethod
    def of(cls, stream: TextIO) -> Screen:
        """Return how `stream` shows a tree: a pipe folds nothing."""
        screen = console(stream)
        if not screen.is_terminal:
            screen.width = _UNBOUNDED
        colour = is_coloured(stream)
        if screen.encoding.startswith("utf"):
            marks = "\N{CHECK MARK}", "\N{BALLOT X}", "\N{MULTIPLICATION SIGN}"
            return cls(screen, *marks, colour)
        return cls(screen, "+", "-", "*", colour)

    def line(self, held: bool, text: str, *, matters: bool = True, bold: bool = False) -> Text:
        """A line that begins with its mark; one that fails and matters is highlighted."""
        from rich.text import Text

        style = "green" if held else "red" if matters else "yellow"
        mark = self.held if held else self.failed
        if not self.colour:
            return Text(f"{mark} {shown(text)}")
        return Text.assemble((f"{mark} ", style), (shown(text), "bold" if bold else ""))

    def print_line(self, text: str, indent: int, held: bool | None, *, bold: bool) -> None:
        """Print a line after its mark, if it has one, folded below itself where it is long."""
        from rich.text import Text

        hanging = _STEP * indent + ("" if held is None else " " * len(f"{self.held} "))
        width = max(self.console.width - len(hanging), 1)
        lines = Text(shown(text)).wrap(self.console, width)
        first = (
            self.line(held, lines[0].plain.rstrip(), bold=bold) if held is not None else lines[0]
        )
        self.console.print(Text.assemble(_STEP * indent, first), soft_wrap=True)
        for line in lines[1:]:
            self.console.print(Text(hanging + line.plain.rstrip()), soft_wrap=True)

    def under(self, *texts: str) -> str:
        """The texts as lines of a condition, below each other after its word."""
        from rich.text import Text

        width = self.console.width - _INDENT - _WORD
        lines = [line for text in texts for line in Text(shown(text)).wrap(self.console, width)]
        return f"\n{' ' * _WORD}".join(line.plain.rstrip() for line in lines)


def _chosen(configs: Sequence[ConfigExplanation]) -> set[str]:
    """The slugs of the configs to show whole: all, or the first that match or come nearest."""
    if len(configs) <= _MOST_WHOLE:
        return {it.slug for it in configs}
    telling = [it for it in configs if it.matched] or sorted(configs, key=distance)
    return {it.slug for it in telling[:_TELLING]}


def _config_line(config: ConfigExplanation, screen: Screen) -> Text:
    name = named(config)
    if config.matched:
        return screen.line(True, f"{name} matches, score {config.score:.2f}")
    if config.below_min_score:
        return screen.line(False, f"{name} does not match: {below_minimum(config)}")
    failing = failing_conditions(best_group(config))
    fields = dict.fromkeys(it.condition.condition_type.name_in_words for it in failing)
    return screen.line(False, f"{name} does not match: {', '.join(fields)}")


def _config_tree(config: ConfigExplanation, screen: Screen) -> Tree:
    from rich.tree import Tree

    outcome = f"matches, score {config.score:.2f}" if config.matched else "does not match"
    if config.below_min_score:
        outcome += f": {below_minimum(config)}"
    elif config.matched and config.excludes:
        outcome += ": who matches is excluded"
    label = screen.line(config.matched, f"{named(config)} {outcome}", bold=True)
    tree = Tree(label, guide_style="dim" if screen.colour else "")
    for group in config.groups:
        branch = tree.add(screen.line(group.matched, f"{group.operator} {_outcome(group, screen)}"))
        for explained in group.conditions:
            branch.add(_condition_text(explained, screen))
    return tree


def _outcome(group: GroupExplanation, screen: Screen) -> str:
    if group.matched:
        return f"matches: {group.score:.2f} = {_arithmetic(group, screen)}"
    required = sum(not it.condition.optional for it in group.conditions)
    failing = sum(not it.condition.optional and not it.held for it in group.conditions)
    if group.operator == Operator.OR:
        return "does not match: " + (
            f"none of {required} required conditions is met"
            if required > 1
            else "the required condition is not met"
        )
    return f"does not match: {failing} of {counted(required, 'required condition')} not met"


def _arithmetic(group: GroupExplanation, screen: Screen) -> str:
    """The score's terms: weights held over weights there are."""
    terms = group.weights
    held, whole = _weight(terms.required), _weight(terms.all_required)
    if not terms.all_optional:
        return f"100 {screen.times} {held} / {whole}"
    more, all_more = _weight(terms.optional), _weight(terms.all_optional)
    if not terms.all_required:
        return f"100 {screen.times} {more} / {all_more} optional"
    return f"100 {screen.times} ({held} + {more} optional) / ({whole} + {all_more} optional)"


def _condition_text(explained: ConditionExplanation, screen: Screen) -> Text:
    from rich.cells import cell_len

    word = "met" if explained.held else "missing" if explained.missing else "not met"
    what, why = f"{phrase(explained.condition)}{role(explained.condition)}", reason(explained)
    together = f"{what}: {why}"
    is_short = cell_len(together) <= screen.console.width - _INDENT - _WORD
    text = screen.under(together) if is_short else screen.under(what, why)
    line = screen.line(
        explained.held, f"{word:<{_WORD - 2}}", matters=not explained.condition.optional
    )
    return line.append(text)


def _weight(weight: Fraction) -> str:
    return f"{float(weight):.6g}"
