"""`icpctl init` as a process: what it makes passes every check, and it replaces nothing."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.long import long
from tests.process import ROOT, icpctl

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = ROOT / "sample_visitors" / "visitors.jsonl"
CONFIG = "icp_configs/target-accounts.yaml"
FILES = {
    "icpctl.toml",
    CONFIG,
    "icp_configs/target-accounts.test.yaml",
    "icp_configs/.icpctl.schema.json",
}
CI_FILES = {
    "github": ".github/workflows/icpctl.yml",
    "gitlab": ".gitlab-ci.yml",
    "pre-commit": ".pre-commit-config.yaml",
}
CRM = """\
Lead No,Account Industry,No. of Employees,Position,Nation,Seen
1,Logistics,51-200,Head of Sales,Germany,2026-11-01
2,Logistics,201-500,Driver,DE,2026-11-02
3,Retail,10,CEO,France,2026-11-03
"""


def files_in(folder: Path) -> dict[str, bytes]:
    """The files of a folder by their paths from there, with their bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def require_checked(folder: Path) -> None:
    """Fail unless `validate --strict` and `test` pass in a folder."""
    validated = icpctl("validate", "--strict", cwd=folder)
    assert (validated.code, validated.out) == (0, "")
    tested = icpctl("test", "-o", "json", cwd=folder)
    assert tested.code == 0, tested.err
    assert "0 failed" in icpctl("test", cwd=folder).out


def conditions_in(folder: Path) -> dict[str, object]:
    """The values of the config's conditions by their types."""
    body = yaml.safe_load((folder / CONFIG).read_text("utf-8"))
    (group,) = body["rules"]["groups"]
    return {entry["type"]: entry["value"] for entry in group["conditions"]}


@pytest.mark.parametrize("ci", CI_FILES)
def test_a_new_folder_passes_every_check(ci: str, tmp_path: Path) -> None:
    ended = icpctl("init", "new", "--ci", ci, cwd=tmp_path)
    assert ended.code == 0
    made = files_in(tmp_path / "new")
    assert set(made) == FILES | {CI_FILES[ci]}
    assert all(f"new/{name}" in ended.out for name in made)
    assert all(step in ended.err for step in ("cd new", "validate", "icpctl test", "icpctl score"))
    assert isinstance(yaml.safe_load(made[CI_FILES[ci]]), dict)
    assert b"yaml-language-server: $schema=" in made[CONFIG]
    require_checked(tmp_path / "new")


def test_nothing_is_replaced(tmp_path: Path) -> None:
    icpctl("init", cwd=tmp_path)
    before = files_in(tmp_path)
    (tmp_path / ".gitlab-ci.yml").write_text("stages: [test]\n", "utf-8")
    ended = icpctl("init", "--from", SAMPLE, "--ci", "gitlab", cwd=tmp_path)
    assert ended.code == 0
    assert files_in(tmp_path) == before | {".gitlab-ci.yml": b"stages: [test]\n"}
    assert "made" not in ended.out
    assert "left  icpctl.toml" in ended.out
    assert "icpctl validate --strict" in ended.out  # what the file of CI lacks


def test_a_folder_that_has_configs_gets_no_other(tmp_path: Path) -> None:
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs" / "own.yaml").write_text("label: Own\n", "utf-8")
    ended = icpctl("init", cwd=tmp_path)
    assert set(files_in(tmp_path)) == {"icpctl.toml", "icp_configs/own.yaml"}
    assert "icp_configs/own.yaml already exists" in ended.out


def test_settings_that_are_in_force_stay_so(tmp_path: Path) -> None:
    settings = '[tool.icpctl]\ndir = "icps"\napi = true\n'
    (tmp_path / "pyproject.toml").write_text(settings, "utf-8")
    assert icpctl("init", "--from", SAMPLE, cwd=tmp_path).code == 0
    assert set(files_in(tmp_path)) == {
        "pyproject.toml",
        *(name.replace("icp_configs", "icps") for name in FILES if name != "icpctl.toml"),
    }
    require_checked(tmp_path)


def test_a_config_of_an_export_uses_values_that_occur_and_matches(tmp_path: Path) -> None:
    ended = icpctl("init", "--from", SAMPLE, cwd=tmp_path)
    assert set(files_in(tmp_path)) == FILES
    assert "is read as" in ended.err
    require_checked(tmp_path)
    records = [json.loads(line) for line in SAMPLE.read_text("utf-8").splitlines()]
    conditions = conditions_in(tmp_path)
    for name in ("industry", "country"):
        values = conditions[name]
        assert isinstance(values, list)
        assert set(values) <= {record.get(name) for record in records}
    scored = icpctl("score", "-o", "json", cwd=tmp_path)
    assert json.loads(scored.out)["matched"] > 0


def test_a_mapping_is_drafted_where_none_fits(tmp_path: Path) -> None:
    (tmp_path / "crm.csv").write_text(CRM, "utf-8")
    ended = icpctl("init", "new", "--from", "crm.csv", cwd=tmp_path)
    assert "mapping.yaml reads id from Lead No" in ended.err
    mapping = yaml.safe_load((tmp_path / "new/mapping.yaml").read_text("utf-8"))
    assert mapping == {
        "extends": "default",
        "id": "Lead No",
        "last_seen": "Seen",
        "industry": "Account Industry",
        "company_size": "No. of Employees",
        "job_title": "Position",
        "country": "Nation",
    }
    conditions = conditions_in(tmp_path / "new")
    assert conditions["industry"] == ["Logistics", "Retail"]
    require_checked(tmp_path / "new")
    scored = icpctl("score", "-o", "json", cwd=tmp_path / "new")
    assert json.loads(scored.out)["matched"] == 2


@long
@pytest.mark.parametrize(
    "text",
    [
        "foo,bar\n1,2\n",
        "industry,company_size\nSoftware,lots\n",
        "industry\n*.de\n",
        'domain,country\nexample.org,"Nowhere land"\n',
        "session_count\n0\n3\n",
        "title\nVP of Sales\n",
        "pages\nhttps://www.example.com/\nhttps://www.example.com/pricing?x=1\n",
        "job_title\n\N{CYRILLIC SMALL LETTER A}b\n",
        "sector,headcount\nRetail,many\n",
        "industry,company_size\n\N{ZERO WIDTH SPACE}Bank,10\n",
    ],
)
def test_what_an_odd_export_gives_passes_every_check(text: str, tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text(text, "utf-8")
    ended = icpctl("init", "new", "--from", "odd.csv", cwd=tmp_path)
    assert ended.code == 0, ended.err
    require_checked(tmp_path / "new")


def test_an_unknown_format_gives_a_mapping_to_fill_in(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("foo,bar\n1,2\n", "utf-8")
    ended = icpctl("init", "--from", "odd.csv", cwd=tmp_path)
    assert "no field was recognised in odd.csv; write its paths in mapping.yaml" in ended.err
    mapping = (tmp_path / "mapping.yaml").read_text("utf-8")
    assert re.search('#   foo +# 100 %: "1"\n#   bar +# 100 %: "2"\n', mapping)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--from", "missing.csv"), "no such file"),
        (("--from", "-"), "not stdin"),
        (("file",), "this is not a folder"),
        (("--ci", "jenkins"), "github"),
        (("file/below",), "cannot make this folder"),
        (("new", "--from", "file"), "file: error: it has no records, so no mapping can be drafted"),
    ],
)
def test_a_call_that_fails_leaves_nothing(
    args: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    ended = icpctl("init", *args, cwd=tmp_path)
    assert ended.code == 2
    assert message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_page_that_was_saved_as_an_export_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text("<html><body>Log in</body></html>")
    ended = icpctl("init", "new", "--from", "v.csv", cwd=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "v.csv: error: this is an HTML page" in ended.err
    assert not (tmp_path / "new").exists()


def test_ci_runs_at_the_root_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "go to market").mkdir()
    for ci in CI_FILES:
        icpctl("init", "--ci", ci, cwd=tmp_path / "go to market")
    workflow, job, hook = (
        yaml.safe_load((tmp_path / name).read_text("utf-8")) for name in CI_FILES.values()
    )
    place = workflow["jobs"]["icp-configs"]["defaults"]["run"]["working-directory"]
    assert place == "go to market"
    assert "cd 'go to market'" in job["icp-configs"]["script"]
    assert hook["repos"][0]["hooks"][0]["args"][-1] == "go to market/icp_configs"


def test_dead_ends_name_the_next_step(tmp_path: Path) -> None:
    assert "icpctl init" in icpctl("list", cwd=tmp_path).err
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "v.jsonl").write_text('{"industry": "Fishing"}\n', "utf-8")
    assert "icpctl init" in icpctl("score", "v.jsonl", cwd=tmp_path).err
    (tmp_path / "icp_configs").rmdir()
    icpctl("init", cwd=tmp_path)
    assert "icpctl insight" in icpctl("score", "v.jsonl", cwd=tmp_path).err
