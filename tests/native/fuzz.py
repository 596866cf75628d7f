"""Spoils lines and records for a time, and holds the compiled scanner to the one in Python.

`python -m tests.native.fuzz --seconds 60 [--seed N]`. `ICPCTL_NATIVE` names the library, such as
one that was built with sanitizers. Exits with 1, and with the bytes that did it, at the first
difference. `--corpus FOLDER` only writes the corpus there, as `lines.json` and `records.csv`.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.native import corpus
from tests.native.answers import Answers, answers, native, parts_of, python

CHECKED_AT_ONCE = 100  # lines or records
RENEWED_AFTER = 200  # rounds with the same scanners


class Fuzzer:
    """Two scanners that read the same."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.counts: Counter[str] = Counter()
        self.round = 0

    def check(self) -> None:
        """Read one batch of spoilt lines, and one of spoilt records."""
        if self.round % RENEWED_AFTER == 0:
            self.scanners = native(), python()
        self.round += 1
        self._check_batch(corpus.LINES, b"")
        self._check_batch(corpus.CSV, self.random.choice((b",", b";", b"\t")))

    def _check_batch(self, lines: tuple[bytes, ...], delimiter: bytes) -> None:
        if delimiter:
            lines = tuple(line.replace(b",", delimiter) for line in lines)
        spoilt = (self._line(lines) for _ in range(self.random.choice((1, 20, CHECKED_AT_ONCE))))
        data = self.random.choice((b"\n", b"\n", b"\r\n")).join(spoilt)
        if self.random.random() < 0.1:
            data = b"\xef\xbb\xbf" + data
        cuts = [self.random.randrange(len(data) + 1) for _ in range(self.random.choice((0, 1, 5)))]
        compiled, oracle = self.scanners
        answer = answers(compiled, parts_of(data, cuts), delimiter)
        expected = answers(oracle, [data], delimiter)
        if answer != expected:
            sys.exit(f"{data!r}\ncut at {cuts}, {delimiter!r}\n{_differences(answer, expected)}")
        self.counts["read"] += len(answer.lines)
        self.counts.update(f"rejected: {reason.name}" for _, reason, *_ in answer.rejected)  # type: ignore[attr-defined]

    def _line(self, lines: tuple[bytes, ...]) -> bytes:
        return corpus.spoiled(self.random.choice(lines), self.random, lines)


def _differences(answer: Answers, expected: Answers) -> str:
    pairs = ((name, getattr(answer, name), getattr(expected, name)) for name in vars(answer))
    return "\n".join(
        f"{name}: compiled\n{ours!s:.3000}\nin Python\n{theirs!s:.3000}"
        for name, ours, theirs in pairs
        if ours != theirs
    )


def main() -> None:
    """Fuzz for as long as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbits(32))
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args()
    if options.corpus:
        options.corpus.mkdir(parents=True, exist_ok=True)
        (options.corpus / "lines.json").write_bytes(b"\n".join(corpus.LINES))
        (options.corpus / "records.csv").write_bytes(b"\n".join(corpus.CSV))
        return
    print(f"seed {options.seed}", flush=True)
    fuzzer = Fuzzer(options.seed)
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        fuzzer.check()
    total = sum(fuzzer.counts.values())
    print(f"{total} lines and records in {options.seconds:g} s, no difference")
    for what, count in fuzzer.counts.most_common():
        print(f"{count:9} {what}")


if __name__ == "__main__":
    main()
