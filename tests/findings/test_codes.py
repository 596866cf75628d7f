"""The table of finding codes: complete, and its examples are true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import icpctl
from icpctl.errors import IcpctlError
from icpctl.features.sql.columns import read_columns
from icpctl.findings.codes import CODES
from icpctl.mappings.loading import read_mapping
from icpctl.settings import load_settings
from tests.config.marked import RULES, conditions, found_in

if TYPE_CHECKING:
    from icpctl.findings.codes import Code

SOURCE = Path(icpctl.__file__).parent
WRAPPED = {
    "file": lambda example: example,
    "config": lambda example: example + RULES,
    "condition": conditions,
}
EXAMPLES = [code for code in CODES.values() if code.level in WRAPPED]


def test_the_table_has_the_codes_that_are_used_and_no_others() -> None:
    files = SOURCE.rglob("*.py")
    used = {code for path in files for code in re.findall(r"ICP\d{3}", path.read_text("utf-8"))}
    assert used == set(CODES)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.name)
def test_the_bad_example_is_found(code: Code) -> None:
    found = [name for name, *_ in found_in(WRAPPED[code.level](code.bad).encode())]
    assert code.name in found


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.name)
def test_the_good_example_is_not(code: Code) -> None:
    text = code.good
    if code.level == "file" and "rules:" not in text:
        text += RULES
    assert found_in(WRAPPED[code.level](text).encode()) == []


@pytest.mark.parametrize("name", [it.name for it in CODES.values() if it.level == "settings"])
def test_examples_of_settings(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("icpctl.toml").write_text(CODES[name].bad, "utf-8")
    with pytest.raises(IcpctlError) as caught:
        load_settings()
    assert [finding.code for finding in caught.value.findings] == [name]
    Path("icpctl.toml").write_text(CODES[name].good, "utf-8")
    assert load_settings().file == Path("icpctl.toml")


@pytest.mark.parametrize("name", [it.name for it in CODES.values() if it.level == "mapping"])
def test_examples_of_mappings(name: str) -> None:
    with pytest.raises(IcpctlError) as caught:
        read_mapping("own.yaml", CODES[name].bad.encode())
    assert [finding.code for finding in caught.value.findings] == [name]
    assert read_mapping("own.yaml", CODES[name].good.encode())


@pytest.mark.parametrize("name", [it.name for it in CODES.values() if it.level == "columns"])
def test_examples_of_columns(name: str) -> None:
    with pytest.raises(IcpctlError) as caught:
        read_columns("own.yaml", CODES[name].bad.encode())
    assert [finding.code for finding in caught.value.findings] == [name]
    assert read_columns("own.yaml", CODES[name].good.encode())


@pytest.mark.parametrize("code", CODES.values(), ids=CODES.keys())
def test_an_entry_says_all(code: Code) -> None:
    assert code.title
    assert code.meaning.endswith(".")
    assert code.bad != code.good
