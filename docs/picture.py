"""Makes `report.png`, the picture of a report in the README: `python -m docs.picture`.

It needs Chromium and its driver, and the extra `browser`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import browser

ROOT = Path(__file__).parents[1]
TITLE = "Website visitors, autumn 2026"


def main() -> None:
    """Score the samples and take a picture of the top of their report."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.html")
        options = ["--dir", "sample_configs", "--as-of", "2026-11-23", "--report-title", TITLE]
        command = [sys.executable, "-m", "icpctl", "score", "sample_visitors", *options]
        subprocess.run(  # noqa: S603 - all words are in this file
            [*command, "--report", str(report)], cwd=ROOT, check=True, capture_output=True
        )
        with browser() as chromium:
            chromium.open(report, width=1100, height=1290)
            (ROOT / "docs" / "report.png").write_bytes(chromium.picture())


if __name__ == "__main__":
    main()
