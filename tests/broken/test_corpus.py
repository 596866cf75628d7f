"""Every broken config gives exactly its findings, and is printed as its snapshots say."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from icpctl.config.named_files import load_paths
from icpctl.config.store import Workspace
from icpctl.findings.codes import CODES
from tests.broken.corpus import CASES, FORMATS, HERE, SEPARATOR, call, cases_of, expected, inside

VALID = (HERE / "folders/same-rules/a.yaml").read_bytes()
MADE_HERE = {"ICP001", "ICP002", "ICP018", "ICP399"}
OF_TESTS = {"ICP308"}  # in the tests beside configs, which `validate` does not read


def of_case(case: str) -> list[tuple[str, int, int, str]]:
    return sorted(it for it in expected() if it[0] == case or it[0].startswith(f"{case}/"))


def test_the_corpus_is_large_and_holds_every_code() -> None:
    assert sum(case.startswith("configs/") for case in CASES) >= 120
    assert all(of_case(case) for case in CASES)
    codes = {code for *_, code in expected()}
    assert codes | MADE_HERE | OF_TESTS == {it for it in CODES if it < "ICP4"}


@pytest.mark.parametrize("case", CASES)
def test_the_findings(case: str) -> None:
    with inside():
        findings = load_paths([Path(case)]).findings
    found = [(it.location.file, it.location.line, it.location.column, it.code) for it in findings]
    assert sorted(found) == of_case(case)  # type: ignore[type-var]  # they all have a place


@pytest.mark.parametrize("form", FORMATS)
def test_the_snapshot_of_a_format(form: str) -> None:
    text = (HERE / "snapshots" / f"{form}.txt").read_bytes().decode()
    kept = text.split(SEPARATOR)
    for case, shown in zip(cases_of(form), kept, strict=True):
        assert call(case, form) == shown, "if this is meant: python -m tests.broken"


@pytest.mark.parametrize("case", CASES)
def test_the_exit_code_says_whether_there_is_an_error(case: str) -> None:
    is_error = any(CODES[code].severity == "error" for *_, code in of_case(case))
    assert f"\nexit code {int(is_error)}\n" in call(case, "github")


# What no repository can hold


def codes(path: Path) -> list[tuple[str, str, int | None, int | None]]:
    findings = load_paths([path]).findings
    return [
        (Path(it.location.file).name, it.code, it.location.line, it.location.column)
        for it in findings
    ]


def test_a_file_over_1_mib(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    filling = b"#" * (1_048_576 - len(VALID) - 1) + b"\n"
    path.write_bytes(filling + VALID)
    assert codes(path) == []
    path.write_bytes(filling + VALID + b"\n")
    assert codes(path) == [("large.yaml", "ICP002", 1, 1)]


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "gone.yaml").symlink_to("nowhere.yaml")
    assert codes(tmp_path) == [(f"{it}.yaml", "ICP001", 1, 1) for it in ("folder", "gone", "pipe")]


def test_links_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    (tmp_path / "secret.yaml").write_bytes(VALID)
    (folder / "link.yaml").symlink_to("../secret.yaml")
    (folder / "absolute.yaml").symlink_to(tmp_path / "secret.yaml")
    assert codes(folder) == [(f"{it}.yaml", "ICP018", 1, 1) for it in ("absolute", "link")]
    assert Workspace(folder).load().configs == []


def test_no_more_than_1000_findings_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "many.yaml"
    path.write_bytes(VALID + b"".join(b"k%d: 1\n" % number for number in range(1500)))
    found = codes(path)
    assert len(found) == 1001
    assert found[-1][1] == "ICP399"
