"""What is measured: suites of cases that run in turn, with the ratio that each may have."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from bench.data import DATA, LISTED, configs, deals, earlier, listing, table, visitors
from bench.fields import AS_OF
from bench.measure import Case
from bench.peers import installed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ICPCTL = (sys.executable, "-m", "icpctl")
LOOPS = ("zen-engine", "rule-engine", "json-logic", "pydantic loop")
LIMIT = "parse limit"


@dataclass(frozen=True)
class Suite:
    """Cases that are measured in turn.

    `bounds` are the highest ratio to the base that a case may have, or the highest memory in MB
    where `unit` says so. `visitors` are those of a case where cases differ, for the rate.
    """

    cases: list[Case]
    bounds: dict[str, float] = field(default_factory=dict)
    unit: str = "x"
    visitors: dict[str, int] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Sizes:
    """How many visitors: most suites, the loops of the peers, the comparison, and the largest."""

    usual: int = 1_000_000
    loops: int = 50_000
    compared: int = 20_000
    largest: int = 10_000_000


QUICK = Sizes(usual=10_000, loops=500, compared=500, largest=20_000)


def score(file: Path, count: int, out: str = "out.parquet") -> list[str]:
    """The command that scores a file against some configs."""
    options = ["--dir", configs(count), "--as-of", AS_OF, "--out", DATA / out]
    return [*ICPCTL, "score", str(file), *map(str, options)]


def peer(name: str, file: Path, count: int, out: Path) -> list[str]:
    """The command that scores a file with a peer."""
    return [sys.executable, "-m", "bench.peers", name, str(file), str(configs(count)), str(out)]


def limit(file: Path) -> list[str]:
    """The command that only parses a file."""
    return [sys.executable, "-m", "bench.limit", str(file)]


FLAT = {1: 1.1, 5: 1.3, 50: 2.0, 500: 4.5}
DISTINCT = {5: 3.0, 50: 4.5, 500: 8.0}
"""The highest ratios to the parse limit, by the number of configs."""


def _parse(sizes: Sizes, kind: str, bounds: dict[int, float]) -> Suite:
    file = visitors(sizes.usual, kind)
    names = {count: f"{count} config{'s' if count > 1 else ''}" for count in bounds}
    cases = [Case(LIMIT, limit(file))]
    cases += [Case(name, score(file, count), LIMIT) for count, name in names.items()]
    note = f"{file.stat().st_size / 1e6:,.0f} MB; the ratio is to DuckDB reading all fields as text"
    return Suite(cases, {names[count]: bound for count, bound in bounds.items()}, note=note)


def _formats(sizes: Sizes) -> Suite:
    flat, base = visitors(sizes.usual), "flat records, to Parquet"
    nested, dirty = visitors(sizes.usual, "nested"), visitors(sizes.usual, "dirty")
    cases = [
        Case(base, score(flat, 5)),
        Case("to JSONL", score(flat, 5, "out.jsonl"), base),
        Case("to CSV", score(flat, 5, "out.csv"), base),
        Case("nested records", score(nested, 5), base),
        Case("0.1 % bad lines", score(dirty, 5), base, codes=(1,)),
        Case("CSV", score(table(sizes.usual, "csv"), 5), base),
        Case("Parquet", score(table(sizes.usual, "parquet"), 5), base),
    ]
    bounds = {"to JSONL": 1.3, "nested records": 1.3, "0.1 % bad lines": 1.3, "CSV": 1.0}
    return Suite(cases, bounds)


def _lists(sizes: Sizes) -> Suite:
    file, cases = visitors(sizes.usual), []
    for count in LISTED:
        name = f"a list of {count:,} domains"
        command = [*ICPCTL, "score", file, "--dir", listing(count), "--as-of", AS_OF]
        base = cases[0].name if cases else None
        cases.append(Case(name, [*map(str, command), "--out", str(DATA / "out.parquet")], base))
    return Suite(cases, {"a list of 10,000 domains": 1.1}, note="one config with a named list")


def _compressed(sizes: Sizes) -> Suite:
    cases = []
    for suffix, tool in (("gz", "zcat"), ("zst", "zstdcat")):
        if shutil.which(tool):
            file = visitors(sizes.usual, compression=suffix)
            base = f"{tool} into the parse limit"
            pipe = f"{tool} {file} | {sys.executable} -m bench.limit -"
            cases += [Case(base, ["sh", "-c", pipe]), Case(f".{suffix}", score(file, 5), base)]
    return Suite(cases, {".gz": 1.2, ".zst": 1.3})


def _memory(sizes: Sizes) -> Suite:
    counts = sorted({sizes.usual // 10, sizes.usual, sizes.largest})
    names = {count: f"{count:,} visitors" for count in counts}
    cases = [
        Case(name, score(visitors(count), 5), runs=1 if count > sizes.usual else None)
        for count, name in names.items()
    ]
    return Suite(cases, dict.fromkeys(names.values(), 250.0), unit="MB")


def insight(file: Path, count: int) -> list[str]:
    """The command that looks into some configs over a file."""
    options = ["--dir", configs(count), "--as-of", AS_OF, "-o", "json"]
    return [*ICPCTL, "insight", str(file), *map(str, options)]


def _insight(sizes: Sizes) -> Suite:
    file, bounds = visitors(sizes.usual), {}
    cases = []
    for count in (5, 50):
        base, name = f"score, {count} configs", f"insight, {count} configs"
        cases += [Case(base, score(file, count)), Case(name, insight(file, count), base)]
        bounds[name] = 3.0
    return Suite(cases, bounds, note="the ratio is to scoring the same visitors")


def _report(sizes: Sizes) -> Suite:
    cases, bounds = [], {}
    for count in (sizes.usual // 10, sizes.usual):
        file = visitors(count)
        plain = [*ICPCTL, "score", str(file), "--dir", str(configs(5)), "--as-of", AS_OF]
        base, name = f"score, {count:,} visitors", f"with a report, {count:,} visitors"
        cases += [Case(base, plain), Case(name, [*plain, "--report", str(DATA / "r.html")], base)]
        bounds[name] = 1.5
    return Suite(cases, bounds, note="the ratio is to the same without --report, and no --out")


def _impact(sizes: Sizes) -> Suite:
    file, cases = visitors(sizes.usual), []
    for count in (5, 50):
        base, name = f"score, {count} configs", f"impact, {count} configs, against score"
        scored = score(file, count)
        command = [*ICPCTL, "impact", file, "--dir", configs(count), "--base-dir", earlier(count)]
        cases += [Case(base, scored), Case(name, [*map(str, command), "--as-of", AS_OF], base)]
    return Suite(cases, {"impact, 5 configs, against score": 2.5}, note="every config is changed")


def _outcomes(sizes: Sizes) -> Suite:
    file = str(visitors(sizes.usual))
    joined = [file, "--won", str(deals(max(sizes.usual // 10, 10_000))), "--as-of", AS_OF]
    base, outcomes = "score, 5 configs", "outcomes, 5 configs"
    cases = [
        Case(base, score(visitors(sizes.usual), 5)),
        Case(outcomes, [*ICPCTL, "outcomes", *joined, "--dir", str(configs(5))], base),
        Case("suggest", [*ICPCTL, "suggest", *joined], base, runs=1, codes=(0, 1)),
    ]
    return Suite(cases, {outcomes: 1.3}, note="a tenth as many deals join the visitors")


def _start(_: Sizes) -> Suite:
    base = "python -c pass"
    few = visitors(10)
    cases = [
        Case(base, [sys.executable, "-c", "pass"]),
        Case("--help", [*ICPCTL, "--help"], base),
        Case("list, 50 configs", [*ICPCTL, "list", "--dir", str(configs(50))], base),
        Case("score, 10 visitors", score(few, 5), base),
    ]
    bounds = {"--help": 6.0, "list, 50 configs": 12.0, "score, 10 visitors": 25.0}
    return Suite(cases, bounds)


def _peers(sizes: Sizes, count: int) -> Suite:
    usual, few = visitors(sizes.usual), visitors(sizes.loops)
    cases, counts = [Case("icpctl", score(usual, count))], {"icpctl": sizes.usual}
    for name in installed():
        is_loop = name in LOOPS
        out = DATA / ("peer.jsonl" if is_loop else "peer.parquet")
        command = peer(name, few if is_loop else usual, count, out)
        cases.append(Case(name, command, "icpctl", runs=1 if is_loop else None))
        counts[name] = sizes.loops if is_loop else sizes.usual
    note = "the ratio is of the time for each visitor: above 1 the peer is slower"
    return Suite(cases, visitors=counts, note=note)


SUITES: dict[str, Callable[[Sizes], Suite]] = {
    "Visitors with flat records": partial(_parse, kind="flat", bounds=FLAT),
    "The same where every text is distinct": partial(_parse, kind="distinct", bounds=DISTINCT),
    "Formats, 5 configs": _formats,
    "Named lists": _lists,
    "Compressed, 5 configs": _compressed,
    "Memory, 5 configs": _memory,
    "Insight, against score": _insight,
    "Reports, 5 configs": _report,
    "Impact": _impact,
    "Outcomes": _outcomes,
    "Start": _start,
    "Peers, 5 configs": partial(_peers, count=5),
    "Peers, 50 configs": partial(_peers, count=50),
}
"""What is measured, by its title; the data is made when a suite is."""
