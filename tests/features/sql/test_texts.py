"""Letters and names of countries: every one that matters, on the databases that run here."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from icpctl.values import country_forms, number_forms, text_forms
from tests import oracle
from tests.features.sql.tables import USUAL, files_of, row_of, seen, sql_of
from tests.long import LONG

if TYPE_CHECKING:
    from tests.features.sql.engines import Engine

INVISIBLE = [chr(code) for low, high in text_forms.INVISIBLE for code in range(low, high + 1)]


@cache
def spaces() -> list[str]:
    return [it for it in map(chr, range(sys.maxunicode)) if it.isspace()]


@cache
def letters() -> list[str]:
    """The letters beyond ASCII that have another case."""
    others = map(chr, range(0x80, sys.maxunicode))
    return [it for it in others if it.casefold() != it or it.lower() != it]


def matched(engine: Engine, conditions: list[dict[str, Any]], field: str, texts: list[str]) -> set:
    """The texts of visitors that match an OR group."""
    group = {"operator": "OR", "conditions": conditions}
    files = files_of([("a", {"label": "A", "rules": {"groups": [group]}})], Path())
    rows = [row_of({"id": str(number), field: it}, USUAL) for number, it in enumerate(texts)]
    found = engine.run(sql_of(engine.name, files, USUAL), rows, USUAL)
    return {texts[int(row[0])] for row in found if row[1]}


def matched_alone(
    engine: Engine, field: str, comparator: str, value: str, values: list[str], texts: list[str]
) -> set[str]:
    """The texts that a condition matches; a quick run asks for all values in one statement."""
    if LONG:
        condition = {"type": field, "comparator": comparator, "value": value}
        return matched(engine, [condition], field, texts)
    return _matched_by_each(engine, field, comparator, tuple(values), tuple(texts))[value]


@cache
def _matched_by_each(
    engine: Engine, field: str, comparator: str, values: tuple[str, ...], texts: tuple[str, ...]
) -> dict[str, set[str]]:
    conditions = [{"type": field, "comparator": comparator, "value": it} for it in values]
    groups = [{"operator": "OR", "conditions": [it]} for it in conditions]
    configs = [
        (f"c{number}", {"label": "A", "rules": {"groups": [group]}})
        for number, group in enumerate(groups)
    ]
    rows = [row_of({"id": str(number), field: it}, USUAL) for number, it in enumerate(texts)]
    sql = sql_of(engine.name, files_of(configs, Path()), USUAL)
    texts_of: dict[str, set[str]] = {value: set() for value in values}
    for row in engine.run(sql, rows, USUAL):
        for match in seen(row)["matches"]:
            texts_of[values[int(match["config"][1:])]].add(texts[int(row[0])])
    return texts_of


def test_spaces_and_what_cannot_be_seen(engine: Engine) -> None:
    texts = [f"{it} x{it}" for it in spaces()] + [f"{it}x{it}" for it in INVISIBLE]
    condition = {"type": "city", "comparator": "equals", "value": "x"}
    assert matched(engine, [condition], "city", [*texts, "x y"]) == set(texts)
    condition = {"type": "city", "comparator": "equals", "value": "x y"}
    texts = [f"x{it}{it} y" for it in spaces()] + [f"x{it} y" for it in INVISIBLE]
    assert matched(engine, [condition], "city", [*texts, "xy"]) == set(texts)
    ranges = [f"{it}5{it}-{it}9" for it in spaces()]
    condition = {"type": "employee_size_range", "comparator": "equals", "value": "5-9"}
    assert matched(engine, [condition], "employee_size_range", ranges) == set(ranges)


QUOTES = ["o'brien", 'o"brien', "o`brien", "a$$b", "a -- b", "a /* b", "a */ b", "\u2019"]


@pytest.mark.parametrize("value", [*QUOTES, "'" * 99, "x" * 82 + "*/'"])
def test_no_value_changes_the_literals_after_its_comment(engine: Engine, value: str) -> None:
    listed = ["a\u00a0b", "c\u2003d"]
    conditions = [
        {"type": "industry", "comparator": "equals", "value": value},
        {"type": "city", "comparator": "in", "value": listed},
    ]
    assert matched(engine, conditions, "city", [*listed, "y"]) == set(listed)


BESIDE = [
    "",
    *" &-_(/.\u2014\u3001\u20ac",
    *"aZ7\u00e9\u00df\u0434\u05d0\u0661\u4e2d\u0301\U0001d7d8",
]
"""What is next to a word: signs, and letters, digits and marks of several scripts."""


@pytest.mark.parametrize("word", ["CTO", "C++", "\u00c9t\u00e9", "\u4e2d\u6587"])
def test_whole_words_of_every_script(engine: Engine, word: str) -> None:
    texts = [f"x {before}{word}{after} y" for before in BESIDE for after in BESIDE]
    condition = {"type": "job_title", "comparator": "contains_word", "value": word}
    wanted = {
        text
        for text in texts
        if oracle.holds(condition, {"job_title": text}, as_of="2026-11-23T12:00:00Z")
    }
    assert matched(engine, [condition], "job_title", texts) == wanted
    assert 20 < len(wanted) < len(texts)


def test_every_letter_equals_what_it_folds_to(engine: Engine) -> None:
    listed = sorted({f"x{text_forms.folded(it)}y" for it in letters()})
    texts = [f"X{it}Y" for it in letters()]
    condition = {"type": "city", "comparator": "in", "value": listed}
    assert matched(engine, [condition], "city", texts) == set(texts)


PARTS = ["s", "st", "i", "\u0307", "k", "\u03c3", "\u03b9", "ss", "f", "n"]


@pytest.mark.parametrize("part", PARTS)
def test_a_part_of_a_letter_is_contained(engine: Engine, part: str) -> None:
    wanted = {it for it in letters() if part in text_forms.plain(it, case_sensitive=False)}
    assert matched_alone(engine, "city", "contains", part, PARTS, letters()) == wanted


@pytest.mark.parametrize("value", ["a\u0130", "\u13a0", "\uab70", "x\u03c2"])
def test_letters_that_databases_disagree_about(engine: Engine, value: str) -> None:
    texts = ["ai", "A\u0130", "ai\u0307", "\u13a0", "\uab70", "X\u03a3", "x\u03c3", "a\u0131"]
    condition = {"type": "city", "comparator": "equals", "value": value}
    form = text_forms.plain(value, case_sensitive=False)
    wanted = {it for it in texts if text_forms.plain(it, case_sensitive=False) == form}
    assert matched(engine, [condition], "city", texts) == wanted


COUNTRIES = [
    *("US", "u.s", "USA", " the United  States ", "United-States", "840", "U S A", "states"),
    *(
        "Deutschland",
        "C\u00f4te d\u2019Ivoire",
        "COTE D'IVOIRE",
        "Ivory Coast",
        "ci",
        "\uff35\uff33\uff21",
        "us_a",
    ),
    *("T\u00fcrkiye", "TU\u0308RKIYE", "Turkey", "Vi\u1ec7t Nam", "viet nam", "S\u00e3o Tom\u00e9"),
    *("US\u00b4", "Trinidad \uff06 Tobago", "(US)", "US\u2003(", "\u00daSA", "the U.S.", "u.s.a"),
    *("Trinidad & Tobago", "Trinidad and Tobago", "\u00df", "the", "The Netherlands", "Holland"),
    *(
        "Korea, Republic of",
        "Republic of Korea",
        "\u212a\u0130",
        "US\u4e2d",
        "Cura\u00e7ao",
        "Atlantis",
    ),
    *(
        "Germany",
        "Germany \U0001f1e9\U0001f1ea",
        "\U0001f600 Germany",
        "(Germany)",
        "Germany\ufeff",
    ),
    *("\U0001d406ermany", "Germany\u20ac", "Germany\u2260", "\xb4Germany\xb4", "United_States"),
    *(
        "\u0395\u03bb\u03bb\u03ac\u03b4\u03b1",
        "\u0395\u039b\u039b\u0391\u0394\u0391",
        "Greece",
        "Hellas",
    ),
    *(
        "\u65e5\u672c",
        "\u65e5\u672c!",
        "\u65e5 \u672c",
        "Japan",
        "\ub300\ud55c\ubbfc\uad6d",
        "South Korea",
    ),
    *(
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3 \u0dbd\u0d82\u0d9a\u0dcf\u0dc0",
        "Sri Lanka",
        "\u03b1\u0345",
        "Germany" + "!" * 200,
    ),
    *(
        "\uff35\uff0e\uff33\uff0e",
        "\uff35\uff06\uff33",
        "\u13cc\u13ca \u13a2\u13f3\u13be\u13b5\u13cd\u13d4\u13c5 \u13cd\u13a6\u13da\u13a9",
    ),
    *("U\u0301S", "\u2014US\u2014", "US\tA", "tha", "\u017fE", "Bosnia &Herzegovina", "atlantis"),
]


@pytest.mark.parametrize("value", COUNTRIES)
def test_countries(engine: Engine, value: str) -> None:
    code = _country(value)
    wanted = {text for text in COUNTRIES if _country(text) == code}
    assert matched_alone(engine, "country", "equals", value, COUNTRIES, COUNTRIES) == wanted


def _country(text: str) -> str:
    return country_forms.country(text_forms.plain(text, case_sensitive=False))


@pytest.mark.parametrize("text", COUNTRIES)
def test_what_a_country_is(text: str) -> None:
    code = _country(text)
    assert oracle.country_of(oracle.visible(text)) == (None if code.endswith("\0") else code)


RANGES = [
    *("51-200", "51 \u2013 200", "1,001-5,000", "1001-5000", "1.001\u20145'000", "10,001+"),
    *("10001 +", "1,00-2", "100-2", "1,0001-2", "10001-2", "1,000,000+", "1000000+", "1000,000+"),
    *("small", "SMALL", "51-200-", "0051-200", "1,001", "1001", "1K-5K", "1K to 5,000", "10K+"),
    *("over 10,000", "> 10000", "at least 10001", "<10", "under 10", "0-9", "up to 9", "51 - 51"),
    *("51", "51 employees", "51-200 Employees", "10,001 and above", "51 200", "="),
]


@pytest.mark.parametrize("value", RANGES)
def test_ranges(engine: Engine, value: str) -> None:
    form = number_forms.size_range(value.casefold())
    wanted = {text for text in RANGES if number_forms.size_range(text.casefold()) == form}
    assert matched_alone(engine, "employee_size_range", "equals", value, RANGES, RANGES) == wanted
