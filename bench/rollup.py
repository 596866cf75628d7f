"""Rolls events up into visitors: `python -m bench.rollup FOLDER [EVENTS] [VISITORS]`.

Prints seconds, the peak of memory and what lay in the temporary folder at most. Events are made
with DuckDB, always the same ones.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb

MAPPING = """\
by: [user.id]
id: [user.id]
session: [session]
last_seen: [time]
pages: [url]
utm_source: [campaign.source]
utm_medium: [campaign.medium]
industry: [company.industry]
company_size: [company.size]
domain: [company.domain]
country: [country]
city: [city]
job_title: [user.title]
"""


def make(path: Path, events: int, visitors: int) -> None:
    """Write events, one JSON object a line; those of a visitor lie far apart."""
    n = "(range * 2654435761 % {})"
    visitor, page = n.format(visitors), n.format(997)
    sql = f"""
        select {{'id': 'u' || {visitor}, 'title': case when range % 3 = 0 then 'VP of Sales' end}}
                 as user,
               's' || range // 4 % 100000 as session,
               strftime(make_timestamp(1767225600000000 + range * 7919 % 25000000 * 1000000),
                        '%Y-%m-%dT%H:%M:%SZ') as time,
               'https://www.example.com/page-' || {page} || '?visit=' || range as url,
               {{'source': ['google', 'bing', null][range % 3 + 1], 'medium': 'cpc'}} as campaign,
               {{'industry': 'Industry ' || {visitor} % 40, 'size': {visitor} % 5000,
                 'domain': 'company-' || {visitor} % 50000 || '.example'}} as company,
               ['US', 'DE', 'FR'][{visitor} % 3 + 1] as country, 'Berlin' as city
        from range({events})"""
    with duckdb.connect() as connection:
        connection.sql(f"copy ({sql}) to '{path}' (format json)")


def main(folder: Path, events: int = 10_000_000, visitors: int = 1_000_000) -> None:
    """Make the events where they are missing, roll them up, and print what it took."""
    path, mapping = folder / f"events-{events}-{visitors}.jsonl", folder / "events.yaml"
    if not path.exists():
        make(path, events, visitors)
    mapping.write_text(MAPPING)
    for out in ("visitors.jsonl", "visitors.parquet"):
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            command = [sys.executable, "-m", "icpctl", "rollup", path, "--mapping", mapping]
            command += ["--out", folder / out, "--temp-dir", temporary]
            most = [0]
            ended = threading.Event()
            watch = threading.Thread(target=_watch, args=(Path(temporary), most, ended))
            watch.start()
            began = time.perf_counter()
            subprocess.run(command, check=True)
            seconds = time.perf_counter() - began
            ended.set()
            watch.join()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(
            f"{path.stat().st_size / 1e9:.2f} GB into {out}: {seconds:.1f} s, "
            f"{usage.ru_utime + usage.ru_stime:.1f} s of processor in all so far, "
            f"{usage.ru_maxrss / 1e6:.2f} GB memory, {most[0] / 1e9:.2f} GB temporary"
        )


def _watch(folder: Path, most: list[int], ended: threading.Event) -> None:
    while not ended.wait(0.5):
        sizes = [
            entry.stat().st_size
            for place, _, names in os.walk(folder)
            for name in names
            if (entry := Path(place, name)).exists()
        ]
        most[0] = max(most[0], sum(sizes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
