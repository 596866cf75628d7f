"""The vocabulary and the finding codes in the terminal, in the formats of `FORMATS`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from icpctl.errors import IcpctlError, word_hint
from icpctl.output.console import is_coloured, styled, table
from icpctl.vocabulary import COMPARATORS, comparators_for

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from icpctl.output.console import DescribeFormat
    from icpctl.vocabulary import Vocabulary

About: TypeAlias = "Callable[[str, Vocabulary], dict[str, Any]]"


def body(word: str | None, vocabulary: Vocabulary) -> dict[str, Any]:
    """Return what is known of a word, or of everything in short, as JSON values.

    Raises `IcpctlError` `unknown_word`.
    """
    if word is None:
        from icpctl.findings.codes import CODES

        return {
            "types": [_type(name, vocabulary) for name in vocabulary.types],
            "comparators": [_comparator(name, vocabulary) for name in COMPARATORS],
            "codes": [_code(name, vocabulary) for name in CODES],
        }
    for known, about in _tables(vocabulary):
        for name in (word, word.lower(), word.upper()):
            if name in known:
                return about(name, vocabulary)
    names = [name for known, _ in _tables(vocabulary) for name in known]
    raise IcpctlError(
        f"{word[:100]!r} is not a condition type, comparator or finding code",
        "unknown_word",
        hint=word_hint(word, names, "icpctl describe lists them all"),
    )


def _tables(vocabulary: Vocabulary) -> Iterator[tuple[Collection[str], About]]:
    """Yield the known words of each kind with what explains them; codes take longest to read."""
    yield vocabulary.types, _type
    yield COMPARATORS, _comparator
    from icpctl.findings.codes import CODES

    yield CODES, _code


def print_json(word: str | None, vocabulary: Vocabulary) -> None:
    """Print the body."""
    print(json.dumps(body(word, vocabulary), indent=2, ensure_ascii=False))


def print_text(word: str | None, vocabulary: Vocabulary) -> None:
    """Print a word with its examples, or three tables."""
    about = body(word, vocabulary)
    if word is None:
        _overview(about)
        return
    head, text = about.pop("name"), about.pop("meaning")
    title = about.pop("title", None)
    print(styled(head, "place", colour=is_coloured(sys.stdout)))
    print(f"  {title}\n\n{text}" if title else f"  {text}")
    print()
    examples = {key: about.pop(key) for key in ("example", "bad", "good") if key in about}
    table(["FIELD", "VALUE"], [[key, _cell(it)] for key, it in about.items()], folds="VALUE")
    for key, example in examples.items():
        print(f"\n{styled(key, 'dim', colour=is_coloured(sys.stdout))}")
        for line in example.rstrip().split("\n"):
            print(f"  {line}")


FORMATS: dict[DescribeFormat, Callable[[str | None, Vocabulary], None]] = {
    "text": print_text,
    "json": print_json,
}


def _overview(about: dict[str, Any]) -> None:
    table(
        ["TYPE", "KIND", "MEANING"],
        [[it["name"], it["kind"], it["meaning"]] for it in about["types"]],
        folds="MEANING",
    )
    print()
    table(
        ["COMPARATOR", "KINDS", "MEANING"],
        [[it["name"], it["kinds"], it["meaning"]] for it in about["comparators"]],
        folds="MEANING",
    )
    print()
    table(
        ["CODE", "SEVERITY", "MEANING"],
        [[it["name"], it["severity"], it["title"]] for it in about["codes"]],
        folds="MEANING",
    )


def _type(name: str, vocabulary: Vocabulary) -> dict[str, Any]:
    entry = vocabulary.types[name]
    bounds = {"range": list(entry.bounds)} if entry.bounds else {}
    return {
        "name": name,
        "meaning": entry.meaning,
        "kind": entry.kind,
        **bounds,
        **({"paths": list(entry.paths)} if entry.is_custom else {}),
        "comparators": comparators_for(entry.kind),
        "example": entry.whole_example,
    }


def _comparator(name: str, vocabulary: Vocabulary) -> dict[str, Any]:
    entry = COMPARATORS[name]
    types = [it.name for it in vocabulary.types.values() if it.kind in entry.kinds]
    return {
        "name": name,
        "meaning": f"holds when {entry.holds}",
        "value": entry.shape,
        "kinds": entry.kinds_in_words,
        "types": types,
        "example": entry.example,
    }


def _code(name: str, _: Vocabulary) -> dict[str, Any]:
    from icpctl.findings.codes import CODES, shown_example

    code = CODES[name]
    return {
        "name": name,
        "title": code.title,
        "meaning": code.meaning,
        "severity": code.severity,
        "bad": shown_example(code.bad),
        "good": shown_example(code.good),
    }


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
