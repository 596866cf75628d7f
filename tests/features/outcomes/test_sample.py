"""The sample of outcomes is what its maker makes, and nobody real is in it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.process import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = ROOT / "sample_visitors"
HOST = re.compile(r"(?:https?://(?:www\.)?|\b)([\w-]+(?:\.[\w-]+)*\.[a-z]{3,})\b")


def test_the_maker_writes_the_committed_bytes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, SAMPLES / "make_outcomes.py", tmp_path], check=True)
    for name in ("visitors.jsonl", "deals.csv"):
        assert (tmp_path / name).read_bytes() == (SAMPLES / "_outcomes" / name).read_bytes()


def test_hosts_are_nobodys() -> None:
    for file in (SAMPLES / "_outcomes").iterdir():
        hosts = set(HOST.findall(file.read_text("utf-8")))
        assert hosts
        assert not {host for host in hosts if not host.endswith((".example", "example.com"))}
