"""Settings files: where they are found, what they may say, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from icpctl.errors import IcpctlError
from icpctl.settings import Settings, load_settings


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
        mapping="bullseye",
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
    assert settings.mapping == "../../maps/ours.yaml"


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
        "known: dir, org, visitors, mapping, case_sensitive, api, tiers",
    ]


def test_text_that_is_not_utf_8_is_found() -> None:
    Path("icpctl.toml").write_bytes(b'org = "\xff"\n')
    assert wrong() == [("ICP403", None, None)]
