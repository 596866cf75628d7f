"""How long `list` and `validate` take over 1,000 configs, as ratios to the parser alone.

`python -m bench.many_configs` runs, in turn, the commands and the least that any command with
Typer and pydantic could do: it starts a Typer app with one option and one model, and parses the
files with `yaml.CBaseLoader`. It exits 1 when a ratio of the best times is above its bound.
`imports alone` is the same without the app and the model, `nothing` is the app without files.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

# The ratios that the project promises.
BOUNDS = {"list": 1.5, "validate": 3.0}

_PARSE = """
for path in sorted(Path(sys.argv[-1]).iterdir()):
    yaml.load(path.read_bytes(), Loader=yaml.CBaseLoader)
"""
_IMPORTS = f"""
import sys
from pathlib import Path
import pydantic, typer, yaml
{_PARSE}"""
_APP = f"""
import sys
from pathlib import Path
import typer, yaml
from pydantic import BaseModel

class Config(BaseModel):
    label: str

def main(folder: Path = typer.Option(..., "--dir")) -> None:
{_PARSE.replace(chr(10), chr(10) + "    ")}

app = typer.Typer(add_completion=False, rich_markup_mode=None)
app.command()(main)
app()
"""

_CONFIG = """\
# Companies of one size that look at prices.
label: Segment {number}
priority: {number}

rules:
  groups:
    - operator: AND
      conditions:
        - type: industry
          comparator: in
          value: [Software, SaaS, Segment {number}]
        - type: company_size
          comparator: between
          value: [50, 1000]
        - type: country
          comparator: in
          value: [US, CA, NO]
        - type: job_title
          comparator: contains
          value: VP
          optional: true
          weight: 2
    - operator: OR
      conditions:
        - type: page_contains
          comparator: has_any
          value: [/pricing, /demo]
        - type: session_count
          comparator: gt
          value: 2
"""


def write_configs(folder: Path, number: int) -> None:
    """Write this many valid configs."""
    for index in range(number):
        (folder / f"segment-{index:04}.yaml").write_text(_CONFIG.format(number=index), "utf-8")


def best_times(commands: dict[str, list[str]], rounds: int) -> dict[str, float]:
    """Return the least processor time of each command; they take turns, so noise hits them all."""
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(rounds):
        for name, command in commands.items():
            start = _children()
            subprocess.run(command, check=True, capture_output=True)
            best[name] = min(best[name], _children() - start)
    return best


def _children() -> float:
    """Return the seconds of a processor that all ended processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Measure, print a table, and return 1 when a bound is not held."""
    parser = argparse.ArgumentParser(prog="python -m bench.many_configs")
    parser.add_argument("--configs", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as empty:
        write_configs(Path(name), options.configs)
        run = [sys.executable, "-m", "icpctl"]
        best = best_times(
            {
                "parser alone": [sys.executable, "-c", _APP, "--dir", name],
                "imports alone": [sys.executable, "-c", _IMPORTS, name],
                "nothing": [sys.executable, "-c", _APP, "--dir", empty],
                "list": [*run, "list", "--dir", name],
                "validate": [*run, "validate", name],
            },
            options.rounds,
        )
    alone = best["parser alone"]
    print(f"{options.configs} configs, best of {options.rounds}")
    for name, seconds in best.items():
        bound = f"  (bound {BOUNDS[name]})" if name in BOUNDS else ""
        print(f"{name:14}{seconds:8.3f} s{seconds / alone:8.2f}{bound}")
    return int(any(best[name] / alone > bound for name, bound in BOUNDS.items()))


if __name__ == "__main__":
    sys.exit(main())
