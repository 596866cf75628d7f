"""The files that the benchmarks read, made where they are missing. Needs no library itself."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from random import Random

DATA = Path(__file__).parent / "data"
COUNTS = (1, 5, 50, 500)
LISTED = (10, 10_000, 200_000)
"""How many values the named lists have."""


def configs(count: int) -> Path:
    """A folder of `count` configs."""
    folder = DATA / f"configs-{count}"
    if not folder.is_dir():
        _python("bench.configs", DATA, *COUNTS)
    return folder


def earlier(count: int) -> Path:
    """The same configs as they may have been: of each group the last condition is new.

    The first one weighed twice as much.
    """
    folder = DATA / f"earlier-{count}"
    if not folder.is_dir():
        part = folder.with_suffix(".part")
        part.mkdir()
        for file in configs(count).iterdir():
            body = json.loads(file.read_text("utf-8"))
            for group in body["rules"]["groups"]:
                first, *others, _ = group["conditions"]
                group["conditions"] = [{**first, "weight": 2}, *others]
            (part / file.name).write_text(json.dumps(body), "utf-8")
        part.rename(folder)
    return folder


def visitors(count: int, kind: str = "flat", compression: str = "") -> Path:
    """A file of `count` visitors; `compression` is gz or zst."""
    file = DATA / f"{kind}-{count}.jsonl"
    if compression:
        packed = file.with_suffix(f".jsonl.{compression}")
        program = {"gz": ["gzip", "-k"], "zst": ["zstd", "-q"]}[compression]
        if not packed.exists():
            subprocess.run([*program, str(visitors(count, kind))], check=True)
        return packed
    if not file.exists():
        DATA.mkdir(exist_ok=True)
        part = file.with_suffix(".part")
        _python("bench.visitors", part, count, kind)
        part.rename(file)
    return file


def table(count: int, suffix: str) -> Path:
    """The flat visitors as a table: csv or parquet."""
    file = DATA / f"flat-{count}.{suffix}"
    if not file.exists():
        from bench.tables import make

        _, *made = make(visitors(count), DATA)
        for part in made:
            part.rename(DATA / f"flat-{count}{part.suffix}")
    return file


def deals(count: int) -> Path:
    """A list of `count` closed deals of the visitors' companies, a third of them won."""
    file = DATA / f"deals-{count}.csv"
    if not file.exists():
        dice = Random(1)
        lines = ["Domain,Stage,Close Date,Amount"]
        for _ in range(count):
            domain = f"company-{dice.randrange(40_000):05d}.example"
            stage = "Closed Won" if dice.random() < 1 / 3 else "Closed Lost"
            close = date(2026, 1, 1) + timedelta(dice.randrange(337))
            lines.append(f"{domain},{stage},{close},{dice.randrange(100, 10_000)}")
        file.write_text("\n".join(lines), "utf-8")
    return file


def listing(count: int) -> Path:
    """A folder with one config, whose named list has so many domains, a few of them visitors'."""
    folder = DATA / f"list-{count}"
    if not folder.is_dir():
        part = folder.with_suffix(".part")
        (part / "lists").mkdir(parents=True, exist_ok=True)
        domains = (f"company-{number:05d}.example" for number in range(count))
        (part / "lists" / "domains.txt").write_text("\n".join(domains), "utf-8")
        condition = {"type": "domain", "comparator": "in", "value": {"list": "domains"}}
        rules = {"groups": [{"operator": "AND", "conditions": [condition]}]}
        (part / "listed.json").write_text(json.dumps({"label": "Listed", "rules": rules}), "utf-8")
        part.rename(folder)
    return folder


def _python(module: str, *arguments: object) -> None:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    subprocess.run(command, check=True)
