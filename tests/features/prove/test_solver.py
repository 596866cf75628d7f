"""The solver's answers, and what ends it."""

from __future__ import annotations

import subprocess
import sys

from tests.long import long
from tests.process import ROOT

# One pigeon more than holes: to find that out takes a solver long.
PIGEONS = """
import itertools, os, signal, threading, z3
from icpctl.features.prove.solver import checked

solver = z3.SolverFor("QF_FD")
solver.set("timeout", 60_000)
pigeons, holes = range(13), range(12)
sits = {(i, j): z3.Bool(f"{i} in {j}") for i in pigeons for j in holes}
for i in pigeons:
    solver.add(z3.Or([sits[i, j] for j in holes]))
for j in holes:
    for i, k in itertools.combinations(pigeons, 2):
        solver.add(z3.Or(z3.Not(sits[i, j]), z3.Not(sits[k, j])))
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    print(checked(solver))
except KeyboardInterrupt:
    print("ended")
"""


@long
def test_ctrl_c_ends_a_question() -> None:
    """And is not taken for an answer that is unknown."""
    ended = subprocess.run(
        [sys.executable, "-c", PIGEONS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ended.stdout, ended.stderr) == ("ended\n", "")
