"""`python -m tests.broken` writes the snapshots anew."""

from __future__ import annotations

from tests.broken.corpus import FORMATS, HERE, snapshot

if __name__ == "__main__":
    (HERE / "snapshots").mkdir(exist_ok=True)
    for form in FORMATS:
        (HERE / "snapshots" / f"{form}.txt").write_text(snapshot(form), "utf-8", newline="")
