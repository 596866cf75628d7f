"""Builds the wheels of all platforms into `dist`: `python native/wheels.py [TARGET...]`.

Needs `pip install hatchling ziglang==0.17.1`, and no compiler. A TARGET is one such as
`aarch64-macos`; without any, all are built.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(names: list[str]) -> None:
    """Build the wheels of these targets, and say where they are."""
    sys.path.insert(0, str(ROOT))
    from hatch_build import TARGETS

    for name in names or TARGETS:
        if name not in TARGETS:
            sys.exit(f"{name} is not a target: expected one of {', '.join(TARGETS)}")
        environment = {**os.environ, "ICPCTL_TARGET": name}
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
        subprocess.run(command, check=True, cwd=ROOT, env=environment)


if __name__ == "__main__":
    main(sys.argv[1:])
