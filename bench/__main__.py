"""`python -m bench`: compares all engines' verdicts, measures them, and writes RESULTS.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import report
from bench.data import DATA, visitors
from bench.measure import FailedError, measure, run
from bench.peers import MODULES, installed
from bench.suites import LOOPS, QUICK, SUITES, Sizes, peer, score

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> int:
    """Run the benchmarks; the number to exit with."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a small pass: does it all run?")
    parser.add_argument("--runs", type=int, default=5, help="runs of each case (5)")
    parser.add_argument("--only", metavar="WORD", help="suites whose title has this word")
    parser.add_argument("--out", type=Path, help="where to write the results")
    options = parser.parse_args()
    sizes = QUICK if options.quick else Sizes()
    runs = 1 if options.quick else options.runs
    missing = [name for name in MODULES if name not in installed()]
    if missing:
        _say(f"not installed, so skipped: {', '.join(missing)} (pip install 'icpctl[bench]')")
    try:
        compared = [_compare(sizes.compared, count) for count in (5, 50)]
        tables = []
        for title, make in SUITES.items():
            if not options.only or options.only.lower() in title.lower():
                _say(title)
                suite = make(sizes)
                tables.append(report.table(title, suite, measure(suite.cases, runs, _say)))
    except FailedError as error:
        _say(str(error))
        return 1
    text = report.render(tables, compared)
    out = options.out or (None if options.quick or options.only else RESULTS)
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _compare(size: int, count: int) -> str:
    """Every engine's verdicts are icpctl's, or it fails; a line that says so."""
    file, expected = visitors(size), DATA / "expected.jsonl"
    run(score(file, count, expected.name))
    for name in installed():
        out = DATA / ("peer.jsonl" if name in LOOPS else "peer.parquet")
        run(peer(name, file, count, out))
        run([sys.executable, "-m", "bench.compare", str(out), str(expected)])
        _say(f"{count} configs: {name} agrees")
    engines = ", ".join(["icpctl", *installed()])
    return f"{count} configs, {size:,} visitors: {engines}"


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
