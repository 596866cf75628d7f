"""The vocabulary and the finding codes in the terminal, behind `FORMATS`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from icpctl.errors import IcpctlError
from icpctl.findings.codes import CODES
from icpctl.output.console import is_coloured, styled, table
from icpctl.output.reference import kinds, shown_example, type_example
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES, comparators_for, nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    from icpctl.output.formats import DescribeFormat


def body(word: str | None) -> dict[str, Any]:
    """Return what is known of a word, or of everything in short, as JSON values.

    Raises `IcpctlError` `unknown_word`.
    """
    if word is None:
        return {
            "types": [_type(name) for name in CONDITION_TYPES],
            "comparators": [_comparator(name) for name in COMPARATORS],
            "codes": [_code(name) for name in CODES],
        }
    for known, about in _ABOUT:
        for name in (word, word.lower(), word.upper()):
            if name in known:
                return about(name)
    names = [name for known, _ in _ABOUT for name in known]
    guess = nearest(word, names)
    raise IcpctlError(
        f"{word[:100]!r} is no condition type, comparator or finding code",
        "unknown_word",
        hint=f"did you mean {guess}?" if guess else "icpctl describe lists them all",
    )


def print_json(word: str | None) -> None:
    """Print the body."""
    print(json.dumps(body(word), indent=2, ensure_ascii=False))


def print_text(word: str | None) -> None:
    """Print a word with its examples, or three tables."""
    about = body(word)
    if word is None:
        _overview(about)
        return
    head, text = about.pop("name"), about.pop("meaning")
    title = about.pop("title", None)
    print(styled(head, "place", colour=is_coloured(sys.stdout)))
    print(f"  {title}\n\n{text}" if title else f"  {text}")
    print()
    examples = {key: about.pop(key) for key in ("example", "bad", "mended") if key in about}
    table(["FIELD", "VALUE"], [[key, _cell(it)] for key, it in about.items()], folds="VALUE")
    for key, example in examples.items():
        print(f"\n{styled(key, 'dim', colour=is_coloured(sys.stdout))}")
        for line in example.rstrip().split("\n"):
            print(f"  {line}")


FORMATS: dict[DescribeFormat, Callable[[str | None], None]] = {
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


def _type(name: str) -> dict[str, Any]:
    entry = CONDITION_TYPES[name]
    bounds = {"range": list(entry.bounds)} if entry.bounds else {}
    return {
        "name": name,
        "meaning": entry.meaning,
        "kind": entry.kind,
        **bounds,
        "comparators": comparators_for(entry.kind),
        "example": type_example(entry),
    }


def _comparator(name: str) -> dict[str, Any]:
    entry = COMPARATORS[name]
    types = [it.name for it in CONDITION_TYPES.values() if it.kind in entry.kinds]
    return {
        "name": name,
        "meaning": f"holds when {entry.holds}",
        "value": entry.shape,
        "kinds": kinds(entry),
        "types": types,
        "example": entry.example,
    }


def _code(name: str) -> dict[str, Any]:
    code = CODES[name]
    return {
        "name": name,
        "title": code.title,
        "meaning": code.meaning,
        "severity": code.severity,
        "bad": shown_example(code.bad),
        "mended": shown_example(code.mended),
    }


_ABOUT: tuple[tuple[dict[str, Any], Callable[[str], dict[str, Any]]], ...] = (
    (CONDITION_TYPES, _type),
    (COMPARATORS, _comparator),
    (CODES, _code),
)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
