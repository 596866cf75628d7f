"""Examples and kinds of the vocabulary and the finding codes, in words for pages and terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.vocabulary import CONDITION_TYPES

if TYPE_CHECKING:
    from icpctl.findings.codes import Code
    from icpctl.vocabulary import Comparator, ConditionType

_LANGUAGES = {"settings": "toml"}


def code_help(code: Code) -> str:
    """Return what a code means, with its examples."""
    bad, good = _example(code, code.bad), _example(code, code.good)
    return f"{code.meaning}\n\nBad:\n\n{bad}\nGood:\n\n{good}"


def kinds(comparator: Comparator) -> str:
    """Return the kinds that a comparator fits, in words."""
    order = list(dict.fromkeys(entry.kind for entry in CONDITION_TYPES.values()))
    fitting = [kind for kind in order if kind in comparator.kinds]
    return "all" if fitting == order else ", ".join(fitting)


def type_example(entry: ConditionType) -> str:
    """Return the example of a condition type as a whole condition."""
    return f"{{type: {entry.name}, {entry.example[1:]}"


def shown_example(text: str) -> str:
    """Return an example with escapes for what no page shows."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _example(code: Code, text: str) -> str:
    if code.level in ("path", "words"):
        return f"{capital(text)}.\n"
    return f"```{_LANGUAGES.get(code.level, 'yaml')}\n{shown_example(text).rstrip()}\n```\n"


def capital(text: str) -> str:
    """Return a text with a capital letter at its start."""
    return text[:1].upper() + text[1:]
