"""Renders what was measured as Markdown."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from bench.peers import MODULES, installed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.measure import Measured
    from bench.suites import Suite

LIBRARIES = (
    *("duckdb", "pyarrow", "numpy", "pydantic", "polars"),
    *("zen-engine", "rule-engine", "json-logic-qubit"),
)


def render(tables: Iterable[str], compared: Iterable[str]) -> str:
    """The whole page."""
    lines = [
        "# Results",
        "",
        "Written by `python -m bench`; see [the README](README.md). Seconds depend on the machine,",
        "ratios much less: each is the median over neighbouring runs of whole processes, start",
        "included. `cpu` is the time of all cores together.",
        "",
        *_machine(),
        "",
        "Before anything is timed, all engines give the same verdicts and scores:",
        "",
        *(f"- {line}" for line in compared),
        "",
    ]
    return "\n".join([*lines, *tables])


def table(title: str, suite: Suite, measured: dict[str, Measured]) -> str:
    """One suite as a table."""
    rows = ["| what | ratio | at most | cpu ratio | seconds | cpu seconds | memory, MB |"]
    rows += ["|---|--:|--:|--:|--:|--:|--:|"]
    for name, found in measured.items():
        base = measured.get(found.case.base or "")
        scale = _scale(suite, found)
        ratio = found.ratio(base, lambda one: one.wall) * scale if base else None
        cpu = found.ratio(base, lambda one: one.cpu) * scale if base else None
        cells = [
            f"{name}{_size(suite, name)}",
            _number(ratio),
            _bound(suite, name, found.memory if suite.unit == "MB" else ratio),
            _number(cpu),
            f"{found.wall:.2f}",
            f"{found.cpu:.2f}",
            f"{found.memory:,.0f}",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    note = [suite.note[:1].upper() + suite.note[1:] + ".", ""] if suite.note else []
    return "\n".join([f"## {title}", "", *note, *rows, ""])


def _scale(suite: Suite, found: Measured) -> float:
    if not suite.visitors or not found.case.base:
        return 1.0
    return suite.visitors[found.case.base] / suite.visitors[found.case.name]


def _size(suite: Suite, name: str) -> str:
    return f" ({suite.visitors[name]:,} visitors)" if suite.visitors else ""


def _number(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2f}"


def _bound(suite: Suite, name: str, value: float | None) -> str:
    bound = suite.bounds.get(name)
    if bound is None or value is None:
        return ""
    unit = " MB" if suite.unit == "MB" else ""
    return f"{bound:g}{unit}" if value <= bound else f"**{bound:g}{unit}**, missed"


def _machine() -> list[str]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    libraries = []
    for name in LIBRARIES:
        try:
            libraries.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    absent = [name for name in MODULES if name not in installed()]
    lines = [
        f"- {cores} cores ({platform.machine()}), {memory:.0f} GB of memory, {platform.system()}",
        f"- Python {platform.python_version()}, icpctl {version('icpctl')}, {', '.join(libraries)}",
    ]
    return [*lines, f"- not installed, so not measured: {', '.join(absent)}"] if absent else lines
