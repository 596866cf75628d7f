"""Shell completion: what a shell is told, and real shells where they are installed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from icpctl.findings.codes import CODES
from icpctl.vocabulary import COMPARATORS, CONDITION_TYPES
from tests.long import long
from tests.process import ROOT, environment, icpctl, type_into

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Configs that nobody could read, and the command on a path of its own."""
    for name in ("saas.yaml", "smb.json", "old.yml", "Not A Slug.yaml", "x.test.yaml", "y.txt"):
        path = tmp_path / "icp_configs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{{{ broken")
    for org in ("acme", "globex"):
        (tmp_path / "icp_configs" / org).mkdir()
    (tmp_path / "icp_configs/acme/one.yaml").touch()
    command = tmp_path / "bin" / "icpctl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m icpctl "$@"\n')
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def completed(here: Path, *words: str, **env: str) -> list[str]:
    """What bash would offer for the last word."""
    ended = icpctl(
        cwd=here,
        _ICPCTL_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(["icpctl", *words]),
        COMP_CWORD=str(len(words)),
        **env,
    )
    assert (ended.code, ended.err) == (0, "")
    return ended.out.split()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("get |", "old saas smb"),
        ("get s|", "saas smb"),
        ("get --org acme |", "one"),
        ("get --dir icp_configs/acme |", "one"),
        ("get --dir nowhere |", ""),
        ("get --org ../x |", ""),
        ("list --org |", "acme globex"),
        ("list --org g|", "globex"),
        ("list --dir nowhere --org |", ""),
        ("list -o |", "table json yaml name"),
        ("validate -o s|", "sarif"),
        ("describe page|", "page_contains page_equals page_view_count"),
        ("describe not_e|", "not_equals not_exists"),
        ("describe ICP40|", "ICP401 ICP402 ICP403"),
        ("completion |", "bash zsh fish"),
        ("val|", "validate"),
    ],
)
def test_what_is_offered(here: Path, typed: str, expected: str) -> None:
    words = typed.removesuffix("|").split(" ")
    assert completed(here, *words) == expected.split()


def test_every_word_of_the_vocabulary_is_offered(here: Path) -> None:
    assert completed(here, "describe", "") == [*CONDITION_TYPES, *COMPARATORS, *CODES]


@long
def test_settings_count(here: Path) -> None:
    assert completed(here, "get", "", ICPCTL_ORG="acme") == ["one"]
    assert completed(here, "get", "", ICPCTL_DIR="nowhere") == []
    (here / "icpctl.toml").write_text('org = "acme"\n')
    assert completed(here, "get", "") == ["one"]
    (here / "icpctl.toml").write_text("orrg = [")
    assert completed(here, "get", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts(here: Path, shell: str) -> None:
    ended = icpctl("completion", shell, cwd=here)
    assert (ended.code, ended.err) == (0, "")
    assert "_ICPCTL_COMPLETE" in ended.out
    assert "eval" not in ended.out


def test_an_unknown_shell(here: Path) -> None:
    assert icpctl("completion", "csh", cwd=here).code == 2


def run(shell: str, script: str, here: Path) -> str:
    """The output of a script in a real shell, or a skipped test where there is no such shell."""
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"{shell} is not installed")
    env = environment(HOME=str(here), PYTHONPATH=str(ROOT))
    env["PATH"] = os.pathsep.join([str(here / "bin"), env.get("PATH", "")])
    ended = subprocess.run(
        [found, "-c", script],
        cwd=here,
        env=env,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert ended.stderr == ""
    return ended.stdout


def test_in_bash(here: Path) -> None:
    script = """
        source <(icpctl completion bash)
        complete -p icpctl
        COMP_LINE="icpctl get --dir icp_configs s"; COMP_POINT=${#COMP_LINE}
        _icpctl_completion icpctl
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    assert run("bash", script, here) == (
        "complete -o default -F _icpctl_completion icpctl\nsaas\nsmb\n"
    )


def test_in_zsh(here: Path) -> None:
    script = """
        compdef() { print compdef "$@" }
        source <(icpctl completion zsh)
        compadd() { print -r -- "$@" "${shown[@]}" }
        _files() { print files }
        words=(icpctl get s); CURRENT=3; _icpctl_completion
        words=(icpctl describe has_an); CURRENT=3; _icpctl_completion
        words=(icpctl get zzz); CURRENT=3; _icpctl_completion
    """
    assert run("zsh", script, here).splitlines() == [
        "compdef _icpctl_completion icpctl",
        "-l -d shown -- saas smb saas smb",
        "-l -d shown -- has_any has_any  -- one of the list equals one of the visitor's values",
        "files",
    ]


def test_in_fish(here: Path) -> None:
    script = """
        icpctl completion fish | source
        complete -C "icpctl get s"
        complete -C "icpctl describe has_an"
    """
    assert run("fish", script, here) == (
        "saas\nsmb\nhas_any\tone of the list equals one of the visitor's values\n"
    )


HOSTILE = [
    "$(touch pwned)",
    "\\$(touch pwned)",
    "\\`touch pwned\\`",
    "`touch pwned`",
    "a; touch pwned",
    "a & touch pwned",
    "a' $(touch pwned) '",
    'a" $(touch pwned) "',
    "a)); touch pwned; ((",
    "*",
    "~root",
    "-x",
    "a:b",
    "a\\b",
    "a\tb",
    "a\nb; touch pwned",
    "<(touch pwned)",
    "${(e)x}",
]
STARTS = {"bash": "bash --norc --noprofile -i", "zsh": "zsh -f -i"}
SOURCES = {
    "bash": "source <(icpctl completion bash)",
    "zsh": "autoload -U compinit && compinit -u -D && source <(icpctl completion zsh)",
}
TAB, KILL_LINE = "\t", "\x15"


@long
@pytest.mark.parametrize("name", HOSTILE)
def test_every_name_arrives_as_one_word_in_bash(here: Path, name: str) -> None:
    (here / "icp_configs" / name).mkdir()
    script = """
        source <(icpctl completion bash)
        COMP_LINE="icpctl list --org "; COMP_POINT=${#COMP_LINE}
        _icpctl_completion icpctl
        for word in "${COMPREPLY[@]}"; do eval "printf '%s\\n' $word"; done
    """
    names = sorted(["acme", "globex", *[name] * name.isprintable()])
    assert run("bash", script, here).splitlines() == names
    assert not (here / "pwned").exists()


@pytest.mark.parametrize("shell", STARTS)
def test_no_name_runs_code_when_somebody_presses_tab(here: Path, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    for name in HOSTILE:
        (here / "icp_configs" / name).mkdir()
        (here / "icp_configs" / f"{name}.yaml").touch()
    asked = [f"icpctl {words}{TAB}{TAB}{KILL_LINE}" for words in ("list --org ", "get ", "get a")]
    typed = [f"{SOURCES[shell]}\n", *asked, "touch finished\n", "exit\n"]
    path = os.pathsep.join([str(here / "bin"), os.environ["PATH"]])
    type_into(STARTS[shell], "".join(typed), cwd=here, HOME=str(here), PATH=path)
    assert (here / "finished").exists()
    assert not list(here.rglob("pwned"))


@long
def test_names_are_data_in_fish(here: Path) -> None:
    for name in HOSTILE:
        (here / "icp_configs" / name).mkdir()
    script = """
        icpctl completion fish | source
        complete -C "icpctl list --org "
    """
    names = sorted(["acme", "globex", *filter(str.isprintable, HOSTILE)])
    assert sorted(run("fish", script, here).splitlines()) == names
    assert not (here / "pwned").exists()
