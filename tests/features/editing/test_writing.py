"""`create`, `update`, `delete`, `apply` and `diff` as processes: files, streams, exit codes."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from icpctl.features.editing.layout import SCHEMA_FILE, SCHEMA_LINE
from tests.config.marked import RULES
from tests.process import COMMAND, environment, icpctl

if TYPE_CHECKING:
    from pathlib import Path

WORDS = ["--where", "industry in Technology, SaaS", "--prefer", "job_title contains VP"]
MADE = f"""{SCHEMA_LINE}
label: Enterprise SaaS
priority: 10

rules:
  groups:
    - operator: AND
      conditions:
        - type: industry
          comparator: in
          value: [Technology, SaaS]
        - type: job_title
          comparator: contains
          value: VP
          optional: true
"""
RESPONSE = {
    "id": "i-7",
    "organizationId": "o-1",
    "createdAt": "2026-01-02T03:04:05Z",
    "label": "会社",
    "rules": {
        "groups": [
            {"operator": "OR", "conditions": [{"type": "city", "comparator": "exists"}]},
        ]
    },
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with two configs."""
    (tmp_path / "icp_configs").mkdir()
    (tmp_path / "icp_configs/smb.yaml").write_text("# small\nlabel: Small\n" + RULES)
    (tmp_path / "icp_configs/big.yaml").write_text("label: Big\npriority: 1 # first\n" + RULES)
    return tmp_path


def files(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, hidden ones too, with its bytes."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def refused(here: Path, *args: str | Path, said: str, stdin: str = "") -> None:
    """The call ends with 2 and one error that says this, and no file is changed."""
    before = files(here)
    ended = icpctl(*args, cwd=here, stdin=stdin)
    assert (ended.code, ended.out) == (2, ""), ended
    assert said in ended.err
    assert ended.err.count("error: ") == 1
    assert "Traceback" not in ended.err
    assert files(here) == before


# create


def test_create_in_words(here: Path) -> None:
    args = ["create", "Enterprise SaaS", *WORDS, "--priority", "10"]
    assert icpctl(*args, cwd=here) == (0, MADE, "created icp_configs/enterprise-saas.yaml\n")
    assert (here / "icp_configs/enterprise-saas.yaml").read_text() == MADE
    assert icpctl("get", "enterprise-saas", cwd=here).out == MADE
    assert icpctl("validate", cwd=here).code == 0
    refused(here, *args, said="the config 'enterprise-saas' already exists")


def test_a_dry_run_of_create_makes_nothing(tmp_path: Path) -> None:
    args = ["create", "Enterprise SaaS", *WORDS, "--priority", "10", "--dry-run"]
    ended = icpctl(*args, cwd=tmp_path)
    assert ended == (0, MADE, "would create icp_configs/enterprise-saas.yaml\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("args", "slug", "label"),
    [
        (["smb-2"], "smb-2", "smb-2"),
        (["smb-2", "--label", "Small"], "smb-2", "Small"),
        (["--label", "Grüße & Co"], "grusse-co", "Grüße & Co"),
        (["Привет мир"], "privet-mir", "Привет мир"),
        (["会社"], "hui-she", "会社"),
        (["rocket", "--label", "🚀"], "rocket", "🚀"),
        (["x" * 150 + " Y"], "x" * 100, "x" * 150 + " Y"),
    ],
)
def test_slug_and_label(here: Path, args: list[str], slug: str, label: str) -> None:
    ended = icpctl("create", *args, "--where", "city exists", "-o", "json", cwd=here)
    body = json.loads(ended.out)
    assert (ended.code, body["slug"], body["label"]) == (0, slug, label)
    assert body == json.loads(icpctl("get", slug, "-o", "json", cwd=here).out)


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_create_from_an_api_response(here: Path, form: str) -> None:
    response = json.dumps(RESPONSE | {"slug": "kaisha", "priority": 3})
    args = ["create", "--file", "-", "--format", form, "--inactive", "-o", "json"]
    ended = icpctl(*args, cwd=here, stdin=response)
    assert ended.code == 0, ended.err
    body = json.loads(ended.out)
    assert {key: body[key] for key in RESPONSE if key != "rules"} == {
        key: value for key, value in RESPONSE.items() if key != "rules"
    }
    assert (body["slug"], body["priority"], body["isActive"]) == ("kaisha", 3, False)
    text = (here / f"icp_configs/kaisha.{form}").read_text("utf-8")
    assert "会社" in text
    assert text.startswith(SCHEMA_LINE if form == "yaml" else "{\n")


def test_create_keeps_the_comments_of_what_it_is_given(here: Path) -> None:
    text = "# why\nlabel: New # name\n" + RULES
    (here / "new.yaml").write_text(text)
    ended = icpctl("create", "--file", "new.yaml", "--priority", "4", cwd=here)
    assert ended.code == 0, ended.err
    assert (here / "icp_configs/new.yaml").read_text() == (
        SCHEMA_LINE + "\n" + text.replace("# name\n", "# name\npriority: 4\n")
    )
    rules = dedent(RULES.split("\n", 1)[1])
    (here / "rules.yaml").write_text(rules.replace("groups:", "groups: # all"))
    ended = icpctl("create", "other", "--rules", "rules.yaml", cwd=here)
    assert ended.code == 0, ended.err
    assert "rules:\n  groups: # all\n    - operator: AND\n" in ended.out


def test_create_with_rules_from_stdin(here: Path) -> None:
    rules = json.dumps(RESPONSE["rules"])
    ended = icpctl("create", "--label", "A B", "--rules", "-", cwd=here, stdin=rules)
    assert ended.code == 0, ended.err
    assert "      conditions:\n        - type: city\n" in ended.out


def test_create_makes_the_folder(tmp_path: Path) -> None:
    assert icpctl("create", "a", *WORDS, cwd=tmp_path).code == 0
    assert icpctl("create", "a", *WORDS, "--org", "acme", cwd=tmp_path).code == 0
    assert list(files(tmp_path)) == [
        f"icp_configs/{name}"
        for name in (SCHEMA_FILE, "a.yaml", f"acme/{SCHEMA_FILE}", "acme/a.yaml")
    ]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "the rules are missing"),
        (["x"], "the rules are missing"),
        (["x", *WORDS, "--file", "-"], "the rules are given more than once"),
        ([*WORDS], "the label is missing"),
        (["--label", " ", *WORDS], "label: the label is empty"),
        (["🚀", *WORDS], "cannot make a slug from the label '🚀'"),
        (["Big One", "--label", "B", *WORDS], "'Big One' is not a slug"),
        (["../x", *WORDS], "'../x' is not a slug"),
        (["/etc/x", *WORDS], "'/etc/x' is not a slug"),
        (["x", "--file", "nowhere.yaml"], "nowhere.yaml: error: no such file\n"),
        (["x", "--file", "."], ".: error: the file cannot be read: Is a directory"),
        (["x", "--org", "../y", *WORDS], "cannot name an organization"),
        (["x", "--org", "y.yaml", *WORDS], "cannot name an organization"),
        (["x", "--dir", "no/where", *WORDS], "the folder no/where cannot be made"),
        (["x", "--dir", "icp_configs/smb.yaml", *WORDS], "is not a folder"),
        (["x", "--where", "industri in A"], "did you mean industry?"),
        (["smb", *WORDS], "the config 'smb' already exists"),
    ],
)
def test_what_create_refuses(here: Path, args: list[str], said: str) -> None:
    refused(here, "create", *args, said=said)


def test_a_body_with_another_slug_is_refused(here: Path) -> None:
    body = json.dumps(RESPONSE | {"slug": "kaisha"})
    refused(here, "create", "other", "--file", "-", stdin=body, said="ICP017")
    refused(here, "create", "--file", "-", stdin='{"label": "A"}', said="<stdin>:1:1")


def test_what_get_prints_can_be_given_back(here: Path) -> None:
    before = files(here)
    got = icpctl("get", "smb", "-o", "json", cwd=here).out
    ended = icpctl("update", "smb", "--file", "-", cwd=here, stdin=got)
    assert (ended.code, ended.err) == (0, "unchanged: icp_configs/smb.yaml\n")
    assert files(here) == before
    other = json.dumps({**json.loads(got), "slug": "other"})
    for args in (["create", "--file", "-"], ["apply", "--org", "acme", "-"]):
        assert icpctl(*args, cwd=here, stdin=other).code == 0
    assert icpctl("validate", "icp_configs", cwd=here).code == 0
    assert icpctl("get", "other", "--org", "acme", cwd=here).code == 0


# update


def test_update_changes_one_line(here: Path) -> None:
    before = (here / "icp_configs/big.yaml").read_text()
    after = before.replace("priority: 1 ", "priority: 5 ")
    args = ["update", "big", "--priority", "5"]
    diff = icpctl(*args, "--dry-run", cwd=here)
    assert (diff.code, diff.err) == (0, "would update icp_configs/big.yaml\n")
    assert diff.out.startswith("--- icp_configs/big.yaml\n+++ icp_configs/big.yaml\n@@ ")
    assert "\n-priority: 1 # first\n+priority: 5 # first\n" in diff.out
    assert (here / "icp_configs/big.yaml").read_text() == before
    assert icpctl(*args, cwd=here) == (0, after, "updated icp_configs/big.yaml\n")
    assert (here / "icp_configs/big.yaml").read_text() == after
    assert icpctl(*args, cwd=here) == (0, after, "unchanged: icp_configs/big.yaml\n")
    same = icpctl(*args, "--dry-run", cwd=here)
    assert same == (0, "", "would not change icp_configs/big.yaml\n")


def test_a_dry_run_is_a_patch(here: Path) -> None:
    (here / "icp_configs/big.yaml").write_bytes(b"label: Big\r\n" + RULES.rstrip().encode())
    args = ["update", "big", "--label", "B", "--inactive"]
    diff = icpctl(*args, "--dry-run", cwd=here).out
    assert "-label: Big" in diff
    assert icpctl(*args, cwd=here).code == 0
    assert "\r\nisActive: false\r\n" in (here / "icp_configs/big.yaml").read_bytes().decode()


def test_update_with_an_etag(here: Path) -> None:
    etag = json.loads(icpctl("get", "big", "-o", "json", cwd=here).out)["etag"]
    ended = icpctl("update", "big", "--priority", "2", "--if-match", etag, "-o", "json", cwd=here)
    assert ended.code == 0
    new = json.loads(ended.out)["etag"]
    refused(here, "update", "big", "--priority", "3", "--if-match", etag, said=f"etag is {new}")
    ended = icpctl("update", "big", "--if-match", etag, "-o", "json", cwd=here)
    assert (ended.code, json.loads(ended.out)["code"]) == (2, "conflict")
    assert json.loads(ended.out)["details"]["etag"] == new


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["bigg", "--priority", "1"], "did you mean big?"),
        (["../big", "--priority", "1"], "cannot name a config"),
        (["big", "--rules", "-"], "<stdin>"),
        (["big", "--file", "-"], "<stdin>"),
        (["big", "--priority", "1", "--no-priority"], "--no-priority"),
    ],
)
def test_what_update_refuses(here: Path, args: list[str], said: str) -> None:
    refused(here, "update", *args, said=said, stdin="- nothing")


# delete


def test_delete_is_all_or_nothing(here: Path) -> None:
    refused(here, "delete", "big", "smb", said="confirm with --yes")
    refused(here, "delete", "big", "none", "--yes", said="no config 'none'")
    ended = icpctl("delete", "big", "smb", "big", "--yes", cwd=here)
    assert ended == (0, "", "deleted icp_configs/big.yaml\ndeleted icp_configs/smb.yaml\n")
    assert files(here) == {}


def test_what_is_not_valid_can_be_deleted(here: Path) -> None:
    (here / "icp_configs/bad.yaml").write_text("label: ''\n" + RULES)
    assert icpctl("delete", "bad", "--yes", cwd=here).code == 0
    assert "icp_configs/bad.yaml" not in files(here)


# apply and diff


def test_apply_makes_the_folder_hold_what_is_given(here: Path) -> None:
    wanted = here / "wanted"
    (wanted / "org").mkdir(parents=True)
    (wanted / "org/deep.yaml").write_text("label: Deep\n" + RULES)
    (wanted / "new.yaml").write_text("# new\nlabel: New\n" + RULES)
    (wanted / "big.yaml").write_text("# other\nlabel: Big\n" + RULES)
    (wanted / "smb.json").write_text(json.dumps(RESPONSE))
    before = files(here)
    rows = "SLUG  CHANGE\nbig   updated\nnew   created\nsmb   updated\n"
    ended = icpctl("apply", "wanted", "--dry-run", cwd=here)
    assert ended == (0, rows, "1 to create, 2 to update (nothing was done: --dry-run)\n")
    diff = icpctl("diff", "wanted", cwd=here)
    assert (diff.code, diff.err) == (1, "1 to create, 2 to update\n")
    assert "--- /dev/null\n+++ icp_configs/new.yaml\n@@ -0,0 +1,7 @@\n+# new\n" in diff.out
    assert "--- icp_configs/smb.yaml\n+++ icp_configs/smb.json\n" in diff.out
    assert files(here) == before
    assert icpctl("apply", "wanted", cwd=here) == (0, rows, "1 created, 2 updated\n")
    now = files(here / "icp_configs")
    assert now == {key: it for key, it in files(wanted).items() if "/" not in key}
    assert icpctl("diff", "wanted", cwd=here) == (0, "", "3 unchanged\n")
    ended = icpctl("apply", "wanted", "-o", "json", cwd=here)
    assert {it["change"] for it in json.loads(ended.out)} == {"unchanged"}
    assert files(here / "icp_configs") == now


def test_apply_prunes_after_asking(here: Path) -> None:
    (here / "smb.yaml").write_text("# small\nlabel: Small\n" + RULES)
    assert icpctl("diff", "smb.yaml", cwd=here).code == 0
    diff = icpctl("diff", "smb.yaml", "--prune", cwd=here)
    assert (diff.code, diff.err) == (1, "1 to delete, 1 unchanged\n")
    assert "--- icp_configs/big.yaml\n+++ /dev/null\n" in diff.out
    refused(here, "apply", "smb.yaml", "--prune", said="confirm with --yes")
    ended = icpctl("apply", "smb.yaml", "--prune", "--yes", cwd=here)
    assert ended == (
        0,
        "SLUG  CHANGE\nbig   deleted\nsmb   unchanged\n",
        "1 deleted, 1 unchanged\n",
    )
    assert list(files(here / "icp_configs")) == ["smb.yaml"]


def test_apply_makes_folders_and_reads_stdin(tmp_path: Path) -> None:
    ended = icpctl(
        "apply", "-", "--org", "x", "--dir", ".", cwd=tmp_path, stdin=json.dumps(RESPONSE)
    )
    assert ended == (0, "SLUG     CHANGE\nhui-she  created\n", "1 created\n")
    assert json.loads((tmp_path / "x/hui-she.json").read_text()) == RESPONSE


def test_apply_does_nothing_when_one_is_not_valid(here: Path) -> None:
    (here / "w").mkdir()
    (here / "w/a.yaml").write_text("label: A\n" + RULES)
    (here / "w/b.yaml").write_text("label: ''\n" + RULES)
    for command in ("apply", "diff"):
        refused(here, command, "w", said="w/b.yaml:1:8: error[ICP105]")
    refused(
        here,
        "apply",
        "w/a.yaml",
        "icp_configs/big.yaml",
        "nope",
        said="nope: error: no such file or folder",
    )
    (here / "a.json").write_text(json.dumps(RESPONSE))
    refused(here, "apply", "w/a.yaml", "a.json", said="have the same slug: a")
    (here / "empty").mkdir()
    refused(here, "apply", "empty", "--prune", "--yes", said="no config to apply")


# Paths that are tricks, and disks that are full


@pytest.mark.parametrize(
    "command",
    [
        ["update", "trick", "--priority", "1"],
        ["edit", "trick"],
        ["delete", "trick", "big", "--yes"],
        ["get", "trick"],
        ["apply", "trick.yaml"],
        ["create", "trick", *WORDS],
    ],
)
@pytest.mark.parametrize("trick", ["link", "folder", "pipe", "loop"])
def test_a_trick_under_a_configs_name_is_refused(
    here: Path, command: list[str], trick: str
) -> None:
    (here / "secret.yaml").write_text("label: Secret\n" + RULES)
    (here / "trick.yaml").write_text("label: T\n" + RULES)
    path = here / "icp_configs/trick.yaml"
    match trick:
        case "link":
            path.symlink_to("../secret.yaml")
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "loop":
            path.symlink_to("trick.yaml")
    refused(here, *command, said="trick.yaml")
    assert os.path.lexists(path)


@pytest.mark.parametrize(
    "command",
    [
        ["update", "big", "--priority", "77"],
        ["create", "new", *WORDS],
        ["apply", "w"],
    ],
)
def test_a_full_disk_changes_nothing(here: Path, command: list[str]) -> None:
    (here / "w").mkdir()
    (here / "w/smb.yaml").write_text("label: W\n" + RULES)
    (here / "w/zzz.yaml").write_text("label: W\n" + RULES + "# more\n" * 1000)
    (here / "icp_configs/big.yaml").write_text("label: Big\n" + RULES + "# more\n" * 1000)
    before = files(here)
    small = 10 if command[0] == "create" else 4096
    ended = subprocess.run(
        [*COMMAND, *command],
        cwd=here,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (small, small)),
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "cannot write it: File too large\n  hint: nothing was changed" in ended.stderr
    assert files(here) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only_changes_nothing(here: Path) -> None:
    (here / "icp_configs").chmod(0o500)
    try:
        for command in (["update", "big", "--priority", "7"], ["delete", "big", "--yes"]):
            refused(here, *command, said="Permission denied")
    finally:
        (here / "icp_configs").chmod(0o700)
