"""`apply`: two at once, one that was killed, and what `get` and `list` print given back."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from icpctl import IcpctlError, Workspace
from icpctl.features.editing.applying import carry_out, plan
from icpctl.features.editing.layout import SCHEMA_FILE, SCHEMA_LINE
from tests.config.marked import RULES
from tests.process import COMMAND, environment, icpctl

if TYPE_CHECKING:
    from pathlib import Path

A, B = f"# a\nlabel: A # why\n{RULES}", f"label: B\n{RULES}"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working folder with two sources of one config each, and a folder that holds both."""
    for folder, names in (("icp_configs", "ab"), ("only-a", "a"), ("only-b", "b")):
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / folder / f"{name}.yaml").write_text(A if name == "a" else B)
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_to_be_done_is_decided_under_the_lock(here: Path) -> None:
    """Of two that prune, the second sees what the first has done."""
    folder = Workspace(here / "icp_configs")
    first = plan(folder, [str(here / "only-a")], prune=True)
    second = plan(folder, [str(here / "only-b")], prune=True)
    carry_out(first)
    assert names(here / "icp_configs") == ["a.yaml"]
    done = carry_out(second)
    assert [(step.slug, step.what) for step in done.steps] == [("a", "deleted"), ("b", "created")]
    assert names(here / "icp_configs") == ["b.yaml"]


def test_two_processes_that_prune_leave_the_configs_of_one(here: Path) -> None:
    for _ in range(3):
        started = [
            subprocess.Popen(
                [*COMMAND, "apply", source, "--prune", "--yes"],
                cwd=here,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for source in ("only-a", "only-b")
        ]
        assert [process.wait() for process in started] == [0, 0]
        assert len(names(here / "icp_configs")) == 1


def test_nothing_is_deleted_that_was_not_asked_about(here: Path) -> None:
    folder = Workspace(here / "icp_configs")
    planned = plan(folder, [str(here / "only-a")], prune=True)
    (here / "icp_configs/new.yaml").write_text(B)
    with pytest.raises(IcpctlError) as caught:
        carry_out(planned, is_sure=False)
    assert caught.value.code == "conflict"
    assert names(here / "icp_configs") == ["a.yaml", "b.yaml", "new.yaml"]


def test_an_apply_that_was_killed_is_ended_by_the_next(here: Path) -> None:
    """The new file is in place, and the old one, of another format, was about to go."""
    body = json.dumps({"label": "A", **json.loads(icpctl(
        "get", "a", "-o", "json", cwd=here).out)}).replace('"etag"', '"id"')  # fmt: skip
    (here / "a.json").write_text(body)
    (here / "icp_configs/a.json").write_text(body)
    assert icpctl("list", cwd=here).code == 1
    assert icpctl("apply", "a.json", cwd=here).code == 0
    assert names(here / "icp_configs") == ["a.json", "b.yaml"]


def test_the_schema_that_configs_name_comes_along(here: Path) -> None:
    (here / "only-a/a.yaml").write_text(f"{SCHEMA_LINE}\n{A}")
    (here / "only-b/b.yaml").unlink()
    body = {"$schema": SCHEMA_FILE, "label": "B", "rules": {"groups": [
        {"operator": "OR", "conditions": [{"type": "city", "comparator": "exists"}]}]}}  # fmt: skip
    (here / "only-b/b.json").write_text(json.dumps(body))
    schema = icpctl("schema", cwd=here).out
    for source in ("only-a", "only-b"):
        target = here / f"{source}-too"
        assert icpctl("apply", source, "--dir", target.name, cwd=here).code == 0
        assert (target / SCHEMA_FILE).read_text() == schema
        assert icpctl("validate", target.name, cwd=here).code == 0


def test_a_stale_schema_is_renewed(here: Path) -> None:
    folder = here / "icp_configs"
    for args in (
        ["update", "a", "--priority", "3"],
        ["create", "c", "--where", "city exists"],
        ["apply", "only-a"],
    ):
        for source in (folder, here / "only-a"):
            (source / "a.yaml").write_text(f"{SCHEMA_LINE}\n{A}")
        (folder / SCHEMA_FILE).write_text("{}")
        assert icpctl(*args, cwd=here).code == 0
        assert (folder / SCHEMA_FILE).read_text() == icpctl("schema", cwd=here).out


def test_what_get_prints_into_a_folder_can_be_applied(here: Path) -> None:
    (here / "got").mkdir()
    got = icpctl("get", "a", "-o", "json", cwd=here).out
    (here / "got/a.json").write_text(got)
    ended = icpctl("apply", "got", "--dir", "other", cwd=here)
    assert (ended.code, ended.err) == (0, "1 created\n")
    body = json.loads(got)
    del body["etag"]
    assert json.loads((here / "other/a.json").read_text()) == body


def test_a_body_on_stdin_keeps_the_file(here: Path) -> None:
    """JSON from `get -o json` or an API updates a YAML config and never replaces its file."""
    got = icpctl("get", "a", "-o", "json", cwd=here).out
    ended = icpctl("apply", "-", cwd=here, stdin=got)
    assert (ended.code, ended.err) == (0, "1 unchanged\n")
    body = {**json.loads(got), "label": "New", "isActive": False, "priority": 7}
    ended = icpctl("apply", "-", cwd=here, stdin=json.dumps(body))
    assert (ended.code, ended.err) == (0, "1 updated\n")
    text = (here / "icp_configs/a.yaml").read_text()
    assert set(A.replace("label: A", "label: New").splitlines()) < set(text.splitlines())
    assert icpctl("apply", "-", cwd=here, stdin=got).code == 0
    assert json.loads(icpctl("get", "a", "-o", "json", cwd=here).out)["rules"] == body["rules"]
    assert "priority" not in (here / "icp_configs/a.yaml").read_text()


def test_an_array_is_several_configs(here: Path) -> None:
    """What `list -o json` prints; a config that is there keeps its file, format and comments."""
    listed = icpctl("list", "-o", "json", cwd=here).out
    ended = icpctl("apply", "-", cwd=here, stdin=listed)
    assert (ended.code, ended.err) == (0, "2 unchanged\n")
    bodies = json.loads(listed)
    bodies[0]["label"] = "New"
    ended = icpctl("apply", "-", cwd=here, stdin=json.dumps(bodies))
    assert (ended.code, ended.err) == (0, "1 updated, 1 unchanged\n")
    assert (here / "icp_configs/a.yaml").read_text() == A.replace("label: A", "label: New")
    (here / "all.json").write_text(listed)
    assert icpctl("apply", "all.json", "--dir", "other", cwd=here).code == 0
    assert names(here / "other") == ["a.json", "b.json"]
    bodies[1]["label"] = ""
    ended = icpctl("apply", "-", cwd=here, stdin=json.dumps(bodies))
    assert (ended.code, "ICP105" in ended.err) == (2, True)


def test_direction_marks_are_escaped_in_yaml(here: Path) -> None:
    label = "safe\u202eevil\u200b"
    assert icpctl("update", "a", "--label", label, cwd=here).code == 0
    listed = icpctl("list", "-o", "yaml", cwd=here).out
    assert "\u202e" not in listed
    assert '"safe\\u202eevil\\u200b"' in listed
    assert '"safe\\u202eevil\\u200b"' in (here / "icp_configs/a.yaml").read_text()
    assert json.loads(icpctl("get", "a", "-o", "json", cwd=here).out)["label"] == label
