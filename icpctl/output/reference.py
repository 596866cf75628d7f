"""The vocabulary and the finding codes as Markdown: `docs/vocabulary.md` and `docs/checks.md`.

`python -m icpctl.cli.reference FOLDER` writes the pages; with `--check` it only says, and
exits 1, when one is not what it would write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from icpctl.config.schema import MODEL_ONLY
from icpctl.findings.codes import CODES, SECTIONS
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, comparators_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.findings.code import Code
    from icpctl.vocabulary import Comparator, ConditionType

_LANGUAGES = {"settings": "toml"}


def checks_page() -> str:
    """Return `docs/checks.md`: every finding code."""
    parts = [
        "# Findings\n",
        "What `icpctl validate` and the other commands report, by code. A code never changes its "
        "meaning. `icpctl describe CODE` shows the same in the terminal.\n",
        _GENERATED,
    ]
    for section in SECTIONS:
        codes = [code for code in CODES.values() if code.name.startswith(section.prefix)]
        parts.append(f"## {section.title}\n\n{section.meaning}\n")
        parts += [
            f"### {code.name}\n\n**{_capital(code.title)}.** {code_help(code)}" for code in codes
        ]
    return "\n".join(parts)


def code_help(code: Code) -> str:
    """Return what a code means, with its examples."""
    bad, good = _example(code, code.bad), _example(code, code.good)
    return f"{code.meaning}\n\nBad:\n\n{bad}\nGood:\n\n{good}"


def vocabulary_page() -> str:
    """Return `docs/vocabulary.md`: condition types and comparators."""
    types, comparators = CONDITION_TYPES.values(), COMPARATORS.values()
    parts = [
        "# Vocabulary\n",
        "The condition types and comparators of configs. `icpctl describe NAME` shows the same "
        "in a terminal.\n",
        _GENERATED,
        "## Condition types\n",
        _table(
            ("type", "kind", "the visitor's"),
            ((f"`{it.name}`", it.kind, it.meaning) for it in types),
        ),
        "## Comparators\n",
        _table(
            ("comparator", "kinds", "value", "holds when"),
            ((f"`{it.name}`", kinds(it), it.shape, it.holds) for it in comparators),
        ),
        "## What each type takes\n",
        *(_type_section(it) for it in types),
        "## What each comparator takes\n",
        *(_comparator_section(it) for it in comparators),
        "## What editors cannot check\n",
        "`icpctl schema` prints the JSON Schema of a config file. It accepts whatever `icpctl "
        "validate` accepts; only `icpctl validate` knows:\n",
        "".join(f"- {it}\n" for it in MODEL_ONLY),
    ]
    return "\n".join(parts)


def kinds(comparator: Comparator) -> str:
    """Return the kinds that a comparator fits, in words."""
    order = list(dict.fromkeys(entry.kind for entry in CONDITION_TYPES.values()))
    fitting = [kind for kind in order if kind in comparator.kinds]
    return "all" if fitting == order else ", ".join(fitting)


def type_example(entry: ConditionType) -> str:
    """Return the example of a condition type as a whole condition."""
    return f"{{type: {entry.name}, {entry.example[1:]}"


PAGES = {"checks.md": checks_page, "vocabulary.md": vocabulary_page}

_GENERATED = "<!-- Written by python -m icpctl.cli.reference; change the tables in the code. -->\n"


def _type_section(entry: ConditionType) -> str:
    allowed = ", ".join(f"`{name}`" for name in comparators_for(entry.kind))
    return (
        f"### {entry.name}\n\n{_capital(entry.meaning)} ({entry.kind}). Comparators: {allowed}.\n\n"
        f"```yaml\n{type_example(entry)}\n```\n"
    )


def _comparator_section(entry: Comparator) -> str:
    twin = f" The exact opposite of `{entry.negates}`." if entry.negates else ""
    return (
        f"### {entry.name}\n\nHolds when {entry.holds}.{twin} Value: {entry.shape}. "
        f"Kinds: {kinds(entry)}.\n\n```yaml\n{entry.example}\n```\n"
    )


def _example(code: Code, text: str) -> str:
    if code.level in ("path", "words"):
        return f"{_capital(text)}.\n"
    return f"```{_LANGUAGES.get(code.level, 'yaml')}\n{shown_example(text).rstrip()}\n```\n"


def shown_example(text: str) -> str:
    """Return an example with escapes for what no page shows."""
    return "".join(it if it.isprintable() or it == "\n" else ascii(it)[1:-1] for it in text)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
