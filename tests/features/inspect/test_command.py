"""`icpctl inspect` on exports that hold little or much."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.process import icpctl

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", ["", "id,industry\n"])
def test_an_export_without_records_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "v.csv").write_text(text)
    ended = icpctl("inspect", "v.csv", cwd=tmp_path)
    assert ended.code == 0
    assert ended.err == "v.csv: warning: this file has no record of a visitor\n"


@pytest.mark.parametrize(("more", "said"), [(1, "1 more key"), (2, "2 more keys")])
def test_keys_that_are_not_shown_are_counted(tmp_path: Path, more: int, said: str) -> None:
    record = {"industry": "SaaS"} | {f"own_{number}": number for number in range(20 + more)}
    (tmp_path / "v.jsonl").write_text(json.dumps(record))
    ended = icpctl("inspect", "v.jsonl", cwd=tmp_path)
    assert ended.err == f"... and {said} not used; -o json has them all\n"


def test_what_a_mapping_reads_besides_fields_is_used(tmp_path: Path) -> None:
    mapping = """
        id: who
        job_title: {all: [role, title]}
        where: {kind: visit}
        deals: {key: who, outcome: stage}
        contact: {name: {all: [first, last]}, email: mail}
    """
    (tmp_path / "m.yaml").write_text(mapping)
    names = ("who", "role", "title", "kind", "stage", "first", "last", "mail", "other")
    (tmp_path / "v.jsonl").write_text(json.dumps(dict.fromkeys(names, "visit")))
    ended = icpctl("inspect", "v.jsonl", "--mapping", "m.yaml", "-o", "json", cwd=tmp_path)
    (report,) = json.loads(ended.out)["files"]
    assert [unused["key"] for unused in report["unused"]] == ["other"]
