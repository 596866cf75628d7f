"""Settings files: where they are found, what they may say, and what is wrong with them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from icpctl import Workspace
from icpctl.errors import IcpctlError
from icpctl.settings import Settings, load_settings
from tests.config.marked import RULES
from tests.process import icpctl


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, two levels below one that may hold settings."""
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def wrong() -> list[tuple[str, int | None, int | None]]:
    with pytest.raises(IcpctlError) as caught:
        load_settings()
    assert caught.value.code == "bad_settings"
    assert caught.value.exit_code == 2
    findings = caught.value.findings
    return [(it.code, it.location.line, it.location.column) for it in findings]


def test_without_a_file_the_defaults_hold() -> None:
    assert load_settings() == Settings()
    assert load_settings().dir == Path("icp_configs")


def test_everything_that_can_be_set() -> None:
    Path("icpctl.toml").write_text(
        'dir = "configs"\norg = "acme"\nvisitors = ["in/*.jsonl", "-"]\n'
        'mapping = "bullseye"\ncase_sensitive = true\n'
    )
    assert load_settings() == Settings(
        dir=Path("configs"),
        org="acme",
        visitors=("in/*.jsonl", "-"),
        mapping=("bullseye",),
        case_sensitive=True,
        file=Path("icpctl.toml"),
    )


def test_an_empty_file_sets_nothing_and_ends_the_search(here: Path) -> None:
    (here / "icpctl.toml").touch()
    (here.parent / "icpctl.toml").write_text('org = "acme"\n')
    assert load_settings() == Settings(file=Path("icpctl.toml"))


def test_paths_are_relative_to_the_file(here: Path) -> None:
    (here.parents[1] / "icpctl.toml").write_text(
        'dir = "configs"\nvisitors = "in/*.jsonl"\nmapping = "maps/ours.yaml"\n'
    )
    settings = load_settings()
    assert settings.dir == Path("../../configs")
    assert settings.visitors == ("../../in/*.jsonl",)
    assert settings.mapping == ("../../maps/ours.yaml",)


def test_absolute_paths_stay(here: Path) -> None:
    (here.parent / "icpctl.toml").write_text('dir = "/configs"\nvisitors = "/in/*.jsonl"\n')
    assert (load_settings().dir, load_settings().visitors) == (Path("/configs"), ("/in/*.jsonl",))


def test_pyproject_serves_where_it_has_our_table(here: Path) -> None:
    (here / "pyproject.toml").write_text('[project]\nname = "icpctl-user"\n')
    (here.parent / "pyproject.toml").write_text('[tool.icpctl]\norg = "acme"\n')
    assert load_settings().org == "acme"
    (here.parent / "icpctl.toml").write_text('org = "globex"\n')
    assert load_settings().org == "globex"


def test_a_broken_pyproject_that_is_not_ours_is_passed_over(here: Path) -> None:
    (here / "pyproject.toml").write_text("[project\n")
    (here.parent / "icpctl.toml").write_text('org = "acme"\n')
    assert load_settings().org == "acme"


def test_a_byte_order_mark_is_accepted(here: Path) -> None:
    (here / "icpctl.toml").write_bytes(b'\xef\xbb\xbforg = "acme"\n')
    assert load_settings().org == "acme"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('orgg = "acme"\n', [("ICP401", 1, 1)]),
        ('# org\n\n  "orgg" = "acme"\n', [("ICP401", 3, 3)]),
        ("[colours]\nred = 1\n", [("ICP401", 1, 2)]),
        ("colours.red = 1\n", [("ICP401", 1, 1)]),
        ("org = 1\n", [("ICP402", 1, 7)]),
        ('org = ""\n', [("ICP402", 1, 7)]),
        ("dir   =   [1]\n", [("ICP402", 1, 11)]),
        ('visitors = ["a", 1]\n', [("ICP402", 1, 12)]),
        ('case_sensitive = "yes"\n', [("ICP402", 1, 18)]),
        ("mapping.name = 1\n", [("ICP402", 1, 1)]),
        ("org = acme\n", [("ICP403", 1, 7)]),
        ('org = "a"\norg = "b"\n', [("ICP403", 2, 10)]),
        ('org = "', [("ICP403", None, None)]),
        ('org = "a\x01"\n', [("ICP403", 1, 9)]),
        ("x = " + "[" * 5_000, [("ICP403", None, None)]),
        (
            'dirr = "a"\norg = 1\ncase_sensitive = 0\n',
            [("ICP401", 1, 1), ("ICP402", 2, 7), ("ICP402", 3, 18)],
        ),
    ],
)
def test_what_is_wrong_is_found_where_it_stands(
    text: str, expected: list[tuple[str, int | None, int | None]]
) -> None:
    Path("icpctl.toml").write_text(text)
    assert wrong() == expected


def test_places_in_pyproject_are_those_of_our_table() -> None:
    Path("pyproject.toml").write_text('[project]\norgg = "a"\n\n[tool.icpctl]\norgg = "b"\n')
    assert wrong() == [("ICP401", 5, 1)]
    Path("pyproject.toml").write_text("[tool]\nicpctl = 5\n")
    assert wrong() == [("ICP402", None, None)]


def test_a_misspelt_setting_has_a_hint() -> None:
    Path("icpctl.toml").write_text("case-sensitive = true\nxyz = 1\n")
    with pytest.raises(IcpctlError) as caught:
        load_settings()
    hints = [finding.hint for finding in caught.value.findings]
    assert hints == [
        "did you mean case_sensitive?",
        "known: dir, org, visitors, mapping, case_sensitive, require_fields, api, tiers",
    ]


def test_text_that_is_not_utf_8_is_found() -> None:
    Path("icpctl.toml").write_bytes(b'org = "\xff"\n')
    assert wrong() == [("ICP403", 1, None)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('mapping = ["ours", "maps/theirs.yaml"]\n', {"mapping": ("ours", "maps/theirs.yaml")}),
        ("require_fields = true\napi = true\n", {"require_fields": True, "api": True}),
        (
            "tiers = {C = 0, A = 80, B = 50.5}\n",
            {"tiers": {"A": 80.0, "B": 50.5, "C": 0.0}},
        ),
        ("[tiers]\nhot = 100\n", {"tiers": {"hot": 100.0}}),
    ],
)
def test_settings_of_each_kind(text: str, expected: dict[str, object]) -> None:
    Path("icpctl.toml").write_text(text)
    settings = load_settings()
    assert {name: getattr(settings, name) for name in expected} == expected
    assert list(settings.tiers.values()) == sorted(settings.tiers.values(), reverse=True)


@pytest.mark.parametrize(
    "text",
    [
        "tiers = {}\n",
        "tiers = 80\n",
        "tiers = {A = 101}\n",
        "tiers = {A = -1}\n",
        "tiers = {A = nan}\n",
        "tiers = {A = true}\n",
        'tiers = {A = "80"}\n',
        'tiers = {" " = 80}\n',
        "tiers = {A = 50, B = 50.0}\n",
        "require_fields = 1\n",
        'api = "yes"\n',
        "mapping = [1]\n",
    ],
)
def test_settings_that_do_not_fit(text: str) -> None:
    Path("icpctl.toml").write_text(text)
    assert {code for code, _, _ in wrong()} == {"ICP402"}


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("icpctl.toml").write_text(
        'dir = "~/configs"\nvisitors = ["~/in/*.jsonl"]\nmapping = "~/ours.yaml"\n'
    )
    settings = load_settings()
    assert settings.dir == tmp_path / "configs"
    assert settings.visitors == (f"{tmp_path}/in/*.jsonl",)
    assert settings.mapping == (f"{tmp_path}/ours.yaml",)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"x = {'9' * 5_000}\n", None),
        (f"x = [{'1' * 4_999}]\n", None),
        (f"\n{'a.' * 50_000}b = 1\n", 2),
        (f"[{'a.' * 50_000}b]\n", 1),
        (f"x = {{{'a.' * 50_000}b = 1}}\n", 1),
        (f"{'a . ' * 25_000}b = 1\n", 1),
        (f"""{'"a".' * 25_000}b = 1\n""", 1),
        ("\n" * 100_000 + "orgg = 1\n", 100_001),
        ("x = 1\n" * 100_000, None),
    ],
)
def test_hostile_settings_are_ordinary_errors(text: str, line: int | None) -> None:
    Path("icpctl.toml").write_text(text)
    [(_, at, _)] = wrong()
    assert at == line


def test_dots_in_texts_and_comments_are_not_keys() -> None:
    name = "x." * 100
    Path("icpctl.toml").write_text(f"# {'.' * 200}\nvisitors = [\"{name}\", '{name}']\n")
    assert load_settings().visitors == (name, name)


def refused(here: Path, path: Path) -> None:
    """The settings are not used: one line says so, and nothing is written."""
    (here / "icp_configs").mkdir(exist_ok=True)
    (here / "icp_configs/a.yaml").write_text("label: A\n" + RULES)
    ended = icpctl("list", "-o", "name", cwd=here)
    assert (ended.code, ended.out) == (0, "a\n"), ended
    [line] = ended.err.splitlines()
    assert str(path) in line
    assert "not used" in line
    (here / "v.jsonl").write_text('{"industry": "SaaS"}\n')
    for args in (
        ["update", "a", "--priority", "1"],
        ["create", "new", "--where", "city exists"],
        ["delete", "a", "--yes"],
        ["create", "new", "--where", "city exists", "--dir", "other"],
        ["score", "v.jsonl", "--out", "out.csv"],
        ["edit", "a"],
    ):
        ended = icpctl(*args, cwd=here, EDITOR="touch touched")
        assert ended.code == 2, ended
        assert ended.err.count("not used") == 1
    names = ["icp_configs", "icp_configs/a.yaml", "v.jsonl"]
    assert sorted(str(path.relative_to(here)) for path in here.rglob("*")) == names
    assert (here / "icp_configs/a.yaml").read_text() == "label: A\n" + RULES
    assert icpctl("score", "v.jsonl", cwd=here).code == 0


@pytest.mark.parametrize("name", ["icpctl.toml", "pyproject.toml"])
def test_settings_above_that_everybody_may_write_are_not_used(here: Path, name: str) -> None:
    table = "[tool.icpctl]\n" if name == "pyproject.toml" else ""
    (here.parent / name).write_text(f'{table}dir = "/nowhere"\n')
    (here.parent / name).chmod(0o666)
    refused(here, Path("..", name))


@pytest.mark.skipif(os.geteuid() != 0, reason="only the administrator gives files away")
@pytest.mark.parametrize("given", ["file", "link"])
def test_settings_above_of_another_user_are_not_used(here: Path, given: str) -> None:
    settings = here.parent / "icpctl.toml"
    if given == "file":
        settings.write_text('dir = "/nowhere"\n')
    else:
        (here.parent / "real.toml").write_text('dir = "/nowhere"\n')
        settings.symlink_to("real.toml")
    os.lchown(settings, 4711, 4711)
    refused(here, Path("../icpctl.toml"))
    os.chown(here, 4711, 4711)  # whoever owns the working folder may say what holds in it
    with pytest.raises(IcpctlError) as caught:
        Workspace(load_settings().dir).load()
    assert "/nowhere" in str(caught.value)


def test_settings_in_the_working_folder_are_used_whoever_may_write_them(here: Path) -> None:
    (here / "icpctl.toml").write_text('org = "acme"\n')
    (here / "icpctl.toml").chmod(0o666)
    assert load_settings().org == "acme"
