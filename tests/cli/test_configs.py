"""`list`, `get` and `validate` as processes: exit codes, streams, formats, settings."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.config.marked import RULES
from tests.long import long
from tests.process import COMMAND, ROOT, environment, icpctl

if TYPE_CHECKING:
    from pathlib import Path

VALID = "label: SaaS\n" + RULES
RULES_BODY = {
    "groups": [
        {
            "operator": "AND",
            "conditions": [
                {"type": "industry", "comparator": "exists", "optional": False, "weight": 1}
            ],
        }
    ]
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with three configs and two organizations."""
    files = {
        "icp_configs/smb.yaml": "# small\nlabel: Small\n" + RULES.replace("industry", "region"),
        "icp_configs/enterprise.yaml": "label: Enterprise\npriority: 10\n"
        + RULES.replace("industry", "city"),
        "icp_configs/old.json": json.dumps(
            {"label": "Alt: 会社", "isActive": False, "id": "i-1", "rules": RULES_BODY}
        ),
        "icp_configs/acme/one.yaml": "label: One\npriority: 5\n" + RULES,
        "icp_configs/globex/two.yaml": "label: Two\n" + RULES,
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def break_one(here: Path) -> None:
    (here / "icp_configs/broken.yaml").write_text("label: ''\n" + RULES)


# list


def test_list(here: Path) -> None:
    assert icpctl("list", cwd=here) == (
        0,
        "SLUG        PRIORITY  ACTIVE  CONDITIONS  LABEL\n"
        "enterprise  10        yes     1           Enterprise\n"
        "old                   no      1           Alt: 会社\n"
        "smb                   yes     1           Small\n",
        "",
    )


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ([], "enterprise old smb"),
        (["--active"], "enterprise smb"),
        (["--inactive"], "old"),
        (["--all-orgs"], "acme/one enterprise old smb globex/two"),
        (["--org", "acme"], "one"),
        (["--dir", "icp_configs/globex"], "two"),
    ],
)
def test_list_names(here: Path, args: list[str], names: str) -> None:
    assert icpctl("list", "-o", "name", *args, cwd=here) == (0, names.replace(" ", "\n") + "\n", "")


@pytest.mark.parametrize("args", [[], ["--all-orgs"]])
def test_list_as_json_and_yaml_is_what_get_prints(here: Path, args: list[str]) -> None:
    as_json = json.loads(icpctl("list", "-o", "json", *args, cwd=here).out)
    assert yaml.safe_load(icpctl("list", "-o", "yaml", *args, cwd=here).out) == as_json
    for body in as_json:
        org = body.pop("organization", None)
        where = ["--org", org] if org else []
        assert body == json.loads(icpctl("get", body["slug"], "-o", "json", *where, cwd=here).out)


def test_list_shows_the_good_ones_beside_a_broken_one(here: Path) -> None:
    break_one(here)
    ended = icpctl("list", "-o", "name", cwd=here)
    assert (ended.code, ended.out) == (1, "enterprise\nold\nsmb\n")
    assert ended.err.startswith("icp_configs/broken.yaml:1:8: error[ICP105] the label is empty\n")


def test_an_empty_folder_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / "icp_configs").mkdir()
    assert icpctl("list", "-o", "json", cwd=tmp_path) == (0, "[]\n", "")
    assert icpctl("list", cwd=tmp_path).err == "no configs in icp_configs\n"


def test_a_list_without_such_configs_says_so(here: Path) -> None:
    icpctl("delete", "old", "--yes", cwd=here)
    ended = icpctl("list", "--inactive", cwd=here)
    assert (ended.code, ended.err) == (0, "no such configs in icp_configs\n")


# get


def test_get_is_the_file_as_it_stands(here: Path) -> None:
    data = b"\xef\xbb\xbf# caf\xc3\xa9\r\n" + VALID.encode()
    (here / "icp_configs/bytes.yaml").write_bytes(data)
    ended = subprocess.run(
        [*COMMAND, "get", "bytes"], cwd=here, env=environment(), capture_output=True, check=True
    )
    assert ended.stdout == data


def test_get_as_json_is_the_body_with_slug_and_etag(here: Path) -> None:
    ended = icpctl("get", "old", "-o", "json", cwd=here)
    body = json.loads(ended.out)
    assert len(body.pop("etag")) == 16
    assert body == {
        "slug": "old",
        "label": "Alt: 会社",
        "isActive": False,
        "rules": RULES_BODY,
        "id": "i-1",
    }
    assert "会社" in ended.out


def test_get_as_a_table(here: Path) -> None:
    ended = icpctl("get", "enterprise", "-o", "table", cwd=here)
    assert ended.code == 0
    assert "priority\t10\n" in ended.tabbed
    assert ended.tabbed.endswith("\n1\tAND\tcity\texists\t1\n")


def test_get_of_an_unknown_slug(here: Path) -> None:
    assert icpctl("get", "enterprize", cwd=here) == (
        2,
        "",
        "error: no config 'enterprize' in icp_configs\n  hint: did you mean enterprise?\n",
    )


def test_an_error_is_json_too_where_json_is_asked_for(here: Path) -> None:
    ended = icpctl("get", "enterprize", "-o", "json", cwd=here)
    assert ended.code == 2
    assert json.loads(ended.out) == {
        "code": "no_such_slug",
        "message": "no config 'enterprize' in icp_configs",
        "details": {"hint": "did you mean enterprise?"},
    }
    assert "did you mean" in ended.err


def test_get_of_a_broken_config_shows_what_is_wrong(here: Path) -> None:
    break_one(here)
    ended = icpctl("get", "broken", "-o", "json", cwd=here)
    assert ended.code == 2
    [finding] = json.loads(ended.out)["details"]["findings"]
    assert (finding["file"], finding["line"]) == ("icp_configs/broken.yaml", 1)
    assert "error[ICP105]" in ended.err


@pytest.mark.parametrize("slug", ["../secret", "/etc/passwd", "a/b", ".."])
def test_a_slug_cannot_leave_the_folder(here: Path, slug: str) -> None:
    (here / "secret.yaml").write_text(VALID)
    ended = icpctl("get", slug, cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert "cannot name a config" in ended.err


# validate


def test_validate_finds_nothing(here: Path) -> None:
    assert icpctl("validate", cwd=here) == (0, "", "0 errors, 0 warnings in 5 files\n")


def test_validate_shows_line_caret_and_hint(here: Path) -> None:
    (here / "a.yaml").write_text(
        "label: SaaS\nrules:\n  groups:\n    - operator: and\n"
        "      conditions:\n        - {type: city, comparator: in}\n"
    )
    assert icpctl("validate", "a.yaml", cwd=here) == (
        1,
        "a.yaml:4:17: error[ICP204] unknown operator 'and'\n"
        "  4 |     - operator: and\n"
        "    |                 ^\n"
        "  hint: did you mean AND?\n"
        "a.yaml:6:11: error[ICP205] in needs a value: a list, not empty\n"
        "  6 |         - {type: city, comparator: in}\n"
        "    |           ^\n"
        "  hint: such as {type: country, comparator: in, value: [US, CA]}\n",
        "2 errors, 0 warnings in 1 file\n",
    )


def test_validate_as_json(here: Path) -> None:
    break_one(here)
    ended = icpctl("validate", "-o", "json", cwd=here)
    assert ended.code == 1
    assert json.loads(ended.out) == {
        "files": 6,
        "errors": 1,
        "warnings": 0,
        "findings": [
            {
                "file": "icp_configs/broken.yaml",
                "line": 1,
                "column": 8,
                "code": "ICP105",
                "severity": "error",
                "message": "the label is empty",
                "hint": None,
            }
        ],
    }
    assert ended.err == "1 error, 0 warnings in 6 files\n"


def test_validate_covers_organizations(here: Path) -> None:
    (here / "icp_configs/acme/one.yaml").write_text("label: ''\n" + RULES)
    assert icpctl("validate", cwd=here).code == 1
    assert icpctl("validate", "icp_configs", cwd=here).code == 1
    assert icpctl("validate", "--org", "acme", cwd=here).code == 1
    assert icpctl("validate", "--org", "globex", cwd=here).code == 0


def test_strict_makes_warnings_errors(here: Path) -> None:
    (here / "a.yaml").write_text(VALID.replace("exists", "in, value: [a, A]"))
    ended = icpctl("validate", "a.yaml", cwd=here)
    assert (ended.code, ended.err) == (0, "0 errors, 1 warning in 1 file\n")
    assert "warning[ICP301]" in ended.out
    ended = icpctl("validate", "a.yaml", "--strict", cwd=here)
    assert (ended.code, ended.err) == (1, "1 error, 0 warnings in 1 file\n")
    assert "error[ICP301]" in ended.out


NAMES = {" Acme ": "one\n", "globex": "two\n", "Globex": "three\n", "GLOBEX": ""}
"""What `--org` names -> what `list -o name` prints."""


def test_an_organization_is_named_as_texts_are_compared(here: Path) -> None:
    (here / "icp_configs/Globex").mkdir()
    shutil.copy(here / "icp_configs/smb.yaml", here / "icp_configs/Globex/three.yaml")
    listed = {name: icpctl("list", "--org", name, "-o", "name", cwd=here) for name in NAMES}
    assert {name: ended.out for name, ended in listed.items()} == NAMES
    assert listed["GLOBEX"].err == (
        "error: several organizations are called 'GLOBEX': Globex, globex\n"
        "  hint: write the name of one exactly\n"
    )


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["validate", "nowhere"], "nowhere: error: no such file or folder"),
        (["validate", "README.md"], "README.md: error: this is not a config"),
        (["list", "--dir", "nowhere"], "nowhere does not exist"),
        (["list", "--org", "nowhere"], "no organization 'nowhere'"),
        (["list", "--org", "../x"], "cannot name an organization"),
        (["list", "--bogus"], "--bogus"),
        (["list", "-o", "xml"], "xml"),
        (["get"], "SLUG"),
        (["bogus"], "bogus"),
    ],
)
def test_what_cannot_be_carried_out_is_2(here: Path, args: list[str], message: str) -> None:
    (here / "README.md").touch()
    ended = icpctl(*args, cwd=here)
    assert (ended.code, ended.out) == (2, "")
    assert message in ended.err
    assert "Traceback" not in ended.err


# Settings: option, then environment, then file, then default


def test_an_option_beats_the_environment_which_beats_the_file(here: Path) -> None:
    (here / "icpctl.toml").write_text('dir = "icp_configs"\norg = "acme"\n')
    inside = here / "icp_configs"
    assert icpctl("list", "-o", "name", cwd=inside).out == "one\n"
    assert icpctl("list", "-o", "name", cwd=here, ICPCTL_ORG="globex").out == "two\n"
    ended = icpctl("list", "-o", "name", "--org", "acme", cwd=here, ICPCTL_ORG="globex")
    assert ended.out == "one\n"
    ended = icpctl("list", "-o", "name", cwd=here, ICPCTL_DIR="nowhere")
    assert ended.code == 2
    assert icpctl("list", "-o", "name", "--all-orgs", cwd=here).out.count("\n") == 5


def test_wrong_settings_are_found(here: Path) -> None:
    (here / "icpctl.toml").write_text('dirr = "icp_configs"\n')
    assert icpctl("list", cwd=here) == (
        2,
        "",
        "icpctl.toml:1:1: error[ICP401] unknown setting 'dirr'\n"
        '  1 | dirr = "icp_configs"\n'
        "    | ^\n"
        "  hint: did you mean dir?\n"
        "error: the settings are not valid\n",
    )


# The rest of being a good process


COMMANDS = ["list", "get", "validate", "schema", "describe", "completion"]


def test_version_and_help(here: Path) -> None:
    assert icpctl("--version", cwd=here).out.startswith("icpctl ")
    for args in ([], *([it] for it in COMMANDS)):
        for option in ("--help", "-h"):
            ended = icpctl(*args, option, cwd=here)
            assert (ended.code, ended.err) == (0, "")
            assert ended.out.startswith("Usage: icpctl")


LIGHT = """
import os, sys
from icpctl.__main__ import main
os._exit = sys.exit  # there is something to tell at the end
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""
ENGINES = {"duckdb", "pyarrow", "numpy", "pycountry", "zstandard", "jinja2", "sqlglot"}
ENGINES |= {"pandas", "pyspark", "icpctl.scoring", "icpctl.spark", "icpctl.features.sql.statement"}
MODELS = {"pydantic", "yaml", "rich", "tomllib"}


@pytest.mark.parametrize(
    ("args", "unwanted"),
    [
        (["--help"], ENGINES | MODELS - {"tomllib"}),  # which has the examples
        pytest.param(["--version"], ENGINES | MODELS, marks=long),
        (["list"], ENGINES | {"rich.console", "tomllib"}),
        pytest.param(["get", "smb"], ENGINES | {"rich", "tomllib"}, marks=long),
        (["validate"], ENGINES | {"rich", "tomllib"}),
        pytest.param(["validate", "-o", "junit"], ENGINES | {"rich", "tomllib"}, marks=long),
        pytest.param(["schema"], ENGINES | {"rich", "yaml", "tomllib"}, marks=long),
        (["describe", "between"], ENGINES | {"rich", "yaml", "tomllib"}),
        (["completion", "bash"], ENGINES | {"rich", "yaml", "icpctl.config"}),
    ],
)
def test_what_is_not_needed_is_not_loaded(here: Path, args: list[str], unwanted: set[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LIGHT, *args],
        cwd=here,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert unwanted.isdisjoint(ended.stderr.split())


@long
def test_completion_reads_no_config(here: Path) -> None:
    for words in ("get s", "list --org a", "describe p"):
        env = {"_ICPCTL_COMPLETE": "complete_bash", "COMP_WORDS": f"icpctl {words}"}
        ended = subprocess.run(
            [sys.executable, "-c", LIGHT],
            cwd=here,
            env=environment(COMP_CWORD=str(words.count(" ") + 1), **env),
            capture_output=True,
            encoding="utf-8",
            check=True,
        )
        assert ended.stdout
        unwanted = ENGINES | {"rich", "yaml", "icpctl.config.model", "icpctl.documents.document"}
        assert unwanted.isdisjoint(ended.stderr.split())


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, icpctl; print(*sys.modules)"
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert (ENGINES | MODELS | {"typer"}).isdisjoint(ended.stdout.split())


def test_a_closed_pipe_is_quiet(here: Path) -> None:
    for number in range(300):
        (here / f"icp_configs/c-{number}.yaml").write_text(VALID)
    for command in ("list", "list -o json", "list -o yaml", "list -o name"):
        shell = f"{sys.executable} -m icpctl {command} | head -c 1; exit ${{PIPESTATUS[0]}}"
        ended = subprocess.run(
            ["bash", "-c", shell], cwd=here, env=environment(), capture_output=True, check=False
        )
        assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_one_message(here: Path) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [*COMMAND, "list"],
            cwd=here,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (
        2,
        b"error: No space left on device\n  hint: free some space, or write elsewhere\n",
    )


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("args", [["--version"], ["--help"], ["score", "--help"]])
def test_help_on_a_full_disk_is_one_message(here: Path, args: list[str]) -> None:
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [*COMMAND, *args],
            cwd=here,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (2, b"error: No space left on device\n")


def test_ascii_terminals_get_escapes(here: Path) -> None:
    ended = icpctl("list", cwd=here, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert ended.code == 0
    assert "Alt: \\u4f1a\\u793e" in ended.out


def test_file_names_are_shown_safely(here: Path) -> None:
    (here / "icp_configs" / "a\x1b[31m\nb.yaml").write_text("label: ''\n" + RULES)
    ended = icpctl("validate", cwd=here)
    assert "\x1b" not in ended.out
    assert "a\\x1b[31m\\nb.yaml:1:8: error[ICP105]" in ended.out
