"""Write the generated pages of `docs/`, or check that they are up to date.

`python -m icpctl.cli.reference docs` writes them, `--check` only looks.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from icpctl.output.reference import PAGES


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages of a folder; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m icpctl.cli.reference")
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs"))
    parser.add_argument("--check", action="store_true", help="change nothing")
    options = parser.parse_args(arguments)
    stale = []
    for name, page in PAGES.items():
        path, text = options.folder / name, page()
        if path.is_file() and path.read_text("utf-8") == text:
            continue
        stale.append(path)
        if not options.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    for path in stale:
        print(f"{path} {'is not up to date' if options.check else 'written'}")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    raise SystemExit(main())
