"""The sample visitors are what `sample_visitors/make.py` makes, and nobody real is in them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "sample_visitors"
FILES = ["visitors.jsonl", "webhooks.jsonl", "_broken/dirty.jsonl", "_crm/contacts.csv"]
ADDRESS = re.compile(r'(?:https?://|@|"domain": ")([^/?#:"\s]+)')


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "anew"
    subprocess.run([sys.executable, SAMPLES / "make.py", folder], check=True)
    return folder


@pytest.mark.parametrize("name", FILES)
def test_make_writes_the_committed_bytes(made: Path, name: str) -> None:
    assert (made / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_make_writes_nothing_else(made: Path) -> None:
    files = (path for path in made.rglob("*") if path.is_file())
    assert {path.relative_to(made).as_posix() for path in files} == set(FILES)


@pytest.mark.parametrize(
    ("name", "id_key", "count"),
    [("visitors.jsonl", "visitor_id", 300), ("webhooks.jsonl", "session_id", 60)],
)
def test_every_line_is_a_visitor_of_its_own(name: str, id_key: str, count: int) -> None:
    lines = (SAMPLES / name).read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") for line in lines)
    assert len({json.loads(line)[id_key] for line in lines}) == len(lines) == count


@pytest.mark.parametrize("name", FILES)
def test_addresses_are_nobodys(name: str) -> None:
    hosts = set(ADDRESS.findall((SAMPLES / name).read_text("utf-8", errors="replace")))
    hosts.discard("www.linkedin.com")  # the profiles are checked below
    assert hosts
    assert not {host for host in hosts if not f".{host}".endswith((".example", ".example.com"))}


@pytest.mark.parametrize("name", FILES)
def test_profiles_are_nobodys(name: str) -> None:
    text = (SAMPLES / name).read_text("utf-8", errors="replace")
    assert text.count("linkedin.com/") == len(re.findall(r'linkedin\.com/in/[^/"]+-example/', text))
