"""Makes the pages of the vocabulary and of the finding codes: `python -m docs.reference`.

It writes `vocabulary.md` and `checks.md` into a folder, or says with `--check` whether they are up
to date.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.features.editing.schema.config_schema import MODEL_ONLY
from icpctl.findings.codes import CODES, SECTIONS, capital
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, comparators_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from icpctl.vocabulary import Comparator, ConditionType

_GENERATED = "<!-- Written by python -m docs.reference; change the tables in the code. -->\n"


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
        parts += [f"### {code.name}\n\n**{capital(code.title)}.** {code.help}" for code in codes]
    return "\n".join(parts)


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
            ((f"`{entry.name}`", entry.kind, entry.meaning) for entry in types),
        ),
        "## Comparators\n",
        _table(
            ("comparator", "kinds", "value", "holds when"),
            (
                (f"`{entry.name}`", entry.kinds_in_words, entry.shape, entry.holds)
                for entry in comparators
            ),
        ),
        "## What each type takes\n",
        *map(_type_section, types),
        "## What each comparator takes\n",
        *map(_comparator_section, comparators),
        "## What editors cannot check\n",
        "`icpctl schema` prints the JSON Schema of a config file. It accepts whatever `icpctl "
        "validate` accepts; only `icpctl validate` knows:\n",
        "".join(f"- {rule}\n" for rule in MODEL_ONLY),
    ]
    return "\n".join(parts)


def _type_section(entry: ConditionType) -> str:
    allowed = ", ".join(f"`{name}`" for name in comparators_for(entry.kind))
    return (
        f"### {entry.name}\n\n{capital(entry.meaning)} ({entry.kind}). Comparators: {allowed}.\n\n"
        f"```yaml\n{entry.whole_example}\n```\n"
    )


def _comparator_section(entry: Comparator) -> str:
    twin = f" The exact opposite of `{entry.negates}`." if entry.negates else ""
    return (
        f"### {entry.name}\n\nHolds when {entry.holds}.{twin} Value: {entry.shape}. "
        f"Kinds: {entry.kinds_in_words}.\n\n```yaml\n{entry.example}\n```\n"
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


PAGES = {"checks.md": checks_page, "vocabulary.md": vocabulary_page}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages of a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m docs.reference")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    stale = []
    for name, page in PAGES.items():
        path, text = options.folder / name, page()
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for path in stale:
        print(f"{path} {'is not up to date' if options.check else 'written'}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
