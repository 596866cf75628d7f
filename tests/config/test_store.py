"""Folders of configs: which files count, in which order, and names that would leave the folder."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

import icpctl
from icpctl import IcpctlError, Workspace, load_config
from icpctl.config.named_files import load_paths
from tests.config.marked import RULES

if TYPE_CHECKING:
    from pathlib import Path

VALID = "label: SaaS\n" + RULES
BROKEN = "label: ''\n" + RULES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder `configs` beside which other files may lie."""
    path = tmp_path / "configs"
    path.mkdir()
    return path


def put(folder: Path, *names: str, text: str = VALID) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")


def other(label: str, field: str) -> str:
    """A config that is like no other in these tests."""
    return f"label: {label}\n" + RULES.replace("industry", field)


def found(folder: Path, *, all_orgs: bool = True) -> list[tuple[str, str]]:
    """(path in the folder, code) of every finding."""
    findings = Workspace(folder).load(all_orgs=all_orgs).findings
    return [(os.path.relpath(it.location.file, folder), it.code) for it in findings]


def refused(workspace: Workspace, *slugs: str) -> IcpctlError:
    with pytest.raises(IcpctlError) as caught:
        workspace.configs(slugs)
    assert caught.value.exit_code == 2
    return caught.value


# Which files are configs


def test_configs_are_yaml_yml_and_json_files(folder: Path) -> None:
    put(folder, "a.yaml")
    put(folder, "b.yml", text=other("B", "region"))
    put(
        folder,
        "c.json",
        text='{"label": "C", "rules": {"groups": [{"operator": "OR", '
        '"conditions": [{"type": "city", "comparator": "exists"}]}]}}',
    )
    put(folder, "README.md", "d.txt", "e.yaml~", ".f.yaml", "g.test.yaml", "h.yaml.bak", "yaml")
    (folder / ".git").mkdir()
    loaded = Workspace(folder).load(all_orgs=True)
    assert [it.slug for it in loaded.configs] == ["a", "b", "c"]
    assert (loaded.files, loaded.findings) == (3, [])


def test_the_order_is_priority_then_slug(folder: Path) -> None:
    for slug, priority in [("a", None), ("b", 10), ("c", 2), ("d", 10), ("e", -1), ("f", None)]:
        line = "" if priority is None else f"priority: {priority}\n"
        put(folder, f"{slug}.yaml", text=line + VALID)
    assert [it.slug for it in Workspace(folder).configs()] == ["e", "c", "b", "d", "a", "f"]
    assert [it.slug for it in Workspace(folder).configs(["a", "d", "b", "a"])] == ["b", "d", "a"]


def test_a_file_knows_its_bytes(folder: Path) -> None:
    put(folder, "saas.yaml", text="# why\r\n" + VALID)
    file = Workspace(folder).get("saas")
    assert file.data == (folder / "saas.yaml").read_bytes()
    assert sha256(file.data).hexdigest().startswith(file.etag)
    assert (file.slug, file.org, file.path) == ("saas", None, folder / "saas.yaml")


@pytest.mark.parametrize("slug", ["a", "7", "a-b", "enterprise-saas-2", "a" * 100])
def test_slugs(folder: Path, slug: str) -> None:
    put(folder, f"{slug}.yaml")
    assert Workspace(folder).slugs() == [slug]
    assert Workspace(folder).get(slug).slug == slug


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Enterprise.yaml", "enterprise.yaml"),
        ("Bad Näme.yml", "bad-name.yml"),
        ("a_b.json", "a-b.json"),
        ("a--b.yaml", "a-b.yaml"),
        ("-a.yaml", "a.yaml"),
        ("a-.yaml", "a.yaml"),
        ("a.b.yaml", "a-b.yaml"),
        ("SaaS.YAML", "saas.yaml"),
        ("saas.YML", "saas.yml"),
        ("a" * 101 + ".yaml", "a" * 100 + ".yaml"),
        ("日本.yaml", "ri-ben.yaml"),
        ("🚀.yaml", None),
        ("a\nb.yaml", "a-b.yaml"),
    ],
)
def test_other_names_are_found(folder: Path, name: str, better: str | None) -> None:
    put(folder, name, text=VALID if not name.endswith(".json") else "{}")
    finding = Workspace(folder).load().findings[0]
    assert (finding.code, finding.location.line, finding.location.column) == ("ICP015", 1, 1)
    assert finding.hint == (f"rename it to {better}" if better else None)


def test_two_files_with_one_slug_name_each_other(folder: Path) -> None:
    put(folder, "saas.yaml", "saas.yml")
    put(folder, "other.yaml", text=other("Other", "region"))
    assert found(folder) == [("saas.yaml", "ICP016"), ("saas.yml", "ICP016")]
    first, second = refused(Workspace(folder), "saas").findings
    assert "saas.yml" in first.message
    assert "saas.yaml" in second.message
    assert Workspace(folder).get("other").slug == "other"


def test_the_same_slug_in_two_organizations_is_fine(folder: Path) -> None:
    put(folder, "saas.yaml", "acme/saas.yaml", "globex/saas.json", text=VALID)
    (folder / "globex/saas.json").unlink()
    put(folder, "globex/saas.yml")
    assert found(folder) == []


def test_every_error_of_every_file_is_found(folder: Path) -> None:
    put(folder, "a.yaml", text="label: ''\npriority: x\n" + RULES)
    put(folder, "b.yaml", text="- a")
    put(folder, "c.yaml")
    put(folder, "org/d.yaml", text=BROKEN)
    assert found(folder) == [
        ("a.yaml", "ICP105"),
        ("a.yaml", "ICP207"),
        ("b.yaml", "ICP103"),
        ("org/d.yaml", "ICP105"),
    ]
    error = refused(Workspace(folder))
    assert error.code == "invalid_config"
    assert [it.code for it in error.findings] == ["ICP105", "ICP207", "ICP103"]
    assert "2 of 3" in error.message


# Organizations


def test_an_organization_is_a_subfolder(folder: Path) -> None:
    put(folder, "a.yaml", "acme/b.yaml", "globex/c.yaml", "acme/deeper/d.yaml")
    assert Workspace(folder).orgs() == ["acme", "globex"]
    assert [it.slug for it in Workspace(folder).configs()] == ["a"]
    assert [(it.org, it.slug) for it in Workspace(folder, "acme").configs()] == [("acme", "b")]
    everything = Workspace(folder).load(all_orgs=True).configs
    assert [(it.org, it.slug) for it in everything] == [
        (None, "a"),
        ("acme", "b"),
        ("globex", "c"),
    ]


def test_an_organization_that_is_not_there(folder: Path) -> None:
    put(folder, "acme/b.yaml")
    error = refused(Workspace(folder, "acmee"))
    assert (error.code, error.hint) == ("no_such_org", "did you mean acme?")


@pytest.mark.parametrize("name", ["..", ".", "", "../configs", "/etc", "a/b", "a\\b", "\0", ".git"])
def test_names_that_would_leave_the_folder_are_refused(folder: Path, name: str) -> None:
    put(folder, "a.yaml", "a/b.yaml", ".git/a.yaml")
    assert refused(Workspace(folder, name)).code == "bad_name"
    assert refused(Workspace(folder), name).code == "bad_name"


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    put(folder, "../secret.yaml", "../outside/a.yaml", "acme/b.yaml")
    (folder / "link.yaml").symlink_to("../secret.yaml")
    (folder / "org").symlink_to("../outside")
    (folder / "acme/up.yaml").symlink_to(folder.parent / "secret.yaml")
    assert found(folder) == [
        ("link.yaml", "ICP018"),
        ("org", "ICP018"),
        ("acme/up.yaml", "ICP018"),
    ]
    assert refused(Workspace(folder, "org")).code == "outside_folder"
    assert refused(Workspace(folder), "link").findings[0].code == "ICP018"


def test_a_link_within_the_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    put(folder, "acme/b.yaml")
    (folder / "a.yaml").symlink_to("acme/b.yaml")
    (folder / "other").symlink_to("acme")
    (tmp_path / "named").symlink_to(folder)
    loaded = Workspace(tmp_path / "named").load(all_orgs=True)
    assert [(it.org, it.slug) for it in loaded.configs] == [
        (None, "a"),
        ("acme", "b"),
        ("other", "b"),
    ]


# What is no file


def test_what_cannot_be_read_is_found_and_never_waited_for(folder: Path) -> None:
    (folder / "folder.yaml").mkdir()
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "broken.yaml").symlink_to("nowhere.yaml")
    (folder / "looping").symlink_to("looping")
    os.mkfifo(folder / "pipe.yaml")
    names = ["broken.yaml", "folder.yaml", "loop.yaml", "pipe.yaml"]
    assert found(folder) == [(name, "ICP001") for name in names]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_files_without_permission_are_found(folder: Path) -> None:
    put(folder, "a.yaml", "org/b.yaml")
    (folder / "a.yaml").chmod(0)
    (folder / "org").chmod(0)
    assert found(folder) == [("a.yaml", "ICP001"), ("org", "ICP001")]
    (folder / "org").chmod(0o700)


# Asking by slug


def test_asking_by_slug_opens_that_file_only(folder: Path) -> None:
    put(folder, "a.yaml")
    put(folder, "b.yaml", text=BROKEN)
    os.mkfifo(folder / "c.yaml")
    assert [it.slug for it in Workspace(folder).configs(["a"])] == ["a"]


def test_an_inactive_config_is_scored_when_it_is_named(folder: Path) -> None:
    put(folder, "a.yaml")
    put(folder, "b.yaml", text="isActive: no\n" + VALID)
    assert [it.slug for it in Workspace(folder).configs()] == ["a"]
    assert [it.slug for it in Workspace(folder).configs(["b"])] == ["b"]


@pytest.mark.parametrize(
    ("slug", "hint"),
    [
        ("enterprize", "did you mean enterprise?"),
        ("Enterprise", "did you mean enterprise?"),
        ("xyz", "known: enterprise, smb"),
        ("enterprise.yaml", "did you mean enterprise?"),
        ("a" * 10_000, "known: enterprise, smb"),
        ("*", "known: enterprise, smb"),
        ("{}", "known: enterprise, smb"),
    ],
)
def test_a_slug_that_is_not_there(folder: Path, slug: str, hint: str) -> None:
    put(folder, "enterprise.yaml", "smb.json", "README.md", "Bad.yaml")
    error = refused(Workspace(folder), slug)
    assert (error.code, error.hint) == ("no_such_slug", hint)


def test_a_folder_that_is_not_there(folder: Path) -> None:
    error = refused(Workspace(folder / "none"))
    assert error.code == "no_such_folder"
    assert "--dir" in (error.hint or "")
    put(folder, "a.yaml")
    assert "is not a folder" in refused(Workspace(folder / "a.yaml")).message


def test_nothing_to_score(folder: Path) -> None:
    nothing = refused(Workspace(folder))
    assert nothing.code == "no_configs"
    assert (
        nothing.hint
        == "make one with icpctl init or icpctl create, or name another folder with --dir"
    )
    put(folder, "acme/a.yaml")
    assert refused(Workspace(folder)).hint == "name an organization with --org: acme"
    put(folder, "a.yaml", text="isActive: false\n" + VALID)
    assert "--config" in (refused(Workspace(folder)).hint or "")


# Paths, as `validate` gets them, and single files


def test_paths_are_files_and_folders(folder: Path) -> None:
    put(folder, "a.yaml", "acme/b.yaml", "acme/x.test.yaml")
    put(folder, "../c.yaml", text=BROKEN)
    paths = [folder, folder.parent / "c.yaml", folder / "acme/x.test.yaml", folder]
    loaded = load_paths(paths)
    assert (loaded.files, [it.code for it in loaded.findings]) == (3, ["ICP105"])


def test_a_single_path_still_knows_its_neighbours(folder: Path) -> None:
    put(folder, "a.yaml", "a.json")
    assert [it.code for it in load_paths([folder / "a.yaml"]).findings] == ["ICP016"]


@pytest.mark.parametrize(("name", "code"), [("b.yaml", "no_such_path"), ("a.md", "not_a_config")])
def test_paths_that_cannot_be_validated(folder: Path, name: str, code: str) -> None:
    put(folder, "a.md")
    with pytest.raises(IcpctlError) as caught:
        load_paths([folder, folder / name])
    assert caught.value.code == code


def test_load_config(folder: Path) -> None:
    put(folder, "a.yaml", "b.test.yaml")
    put(folder, "c.yaml", text=BROKEN)
    assert load_config(folder / "a.yaml").label == "SaaS"
    assert load_config(str(folder / "a.yaml")) == icpctl.Workspace(folder).get("a").config
    for name, code in [
        ("b.test.yaml", "not_a_config"),
        ("c.yaml", "invalid_config"),
        ("d.yaml", "no_such_path"),
        ("", "not_a_config"),
    ]:
        with pytest.raises(IcpctlError) as caught:
            load_config(folder / name)
        assert caught.value.code == code


def test_the_public_names_are_there() -> None:
    for name in icpctl.__all__:
        assert getattr(icpctl, name) is not None
    with pytest.raises(AttributeError):
        _ = icpctl.nothing  # type: ignore[attr-defined]
