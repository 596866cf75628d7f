"""Exceptions become exit codes and messages in one place."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Literal

import pytest
import typer

from icpctl.cli.errors import exits
from icpctl.errors import ExitCode, Finding, IcpctlError, Location
from tests.process import COMMAND, ended_by, environment, icpctl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def outcome(action: Callable[[], ExitCode], output: Literal["text", "json"] = "text") -> int:
    """The exit code of a command that does this."""

    def command(output: str) -> ExitCode:
        return action()

    with pytest.raises(typer.Exit) as ended:
        exits(command)(output=output)
    return ended.value.exit_code


def failing(error: BaseException) -> Callable[[], ExitCode]:
    def fail() -> ExitCode:
        raise error

    return fail


@pytest.mark.parametrize("code", ExitCode)
def test_a_command_says_its_exit_code(code: ExitCode) -> None:
    assert outcome(lambda: code) == code


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (IcpctlError("no way", hint="go round"), "error: no way\n  hint: go round\n"),
        (
            IcpctlError("no way", where=Location("a.toml", 3, 7)),
            "a.toml:3:7: error: no way\n",
        ),
        (MemoryError(), "error: not enough memory\n"),
        (FileNotFoundError(2, "No such file", "a.yaml"), "error: a.yaml: No such file\n"),
        (PermissionError(13, "Denied", b"a\xff"), "error: a\\udcff: Denied\n"),
        (OSError("odd"), "error: odd\n"),
        (IcpctlError("\x1b[31mred"), "error: \\x1b[31mred\n"),
    ],
)
def test_an_error_is_one_message(
    error: Exception, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert outcome(failing(error)) == 2
    assert capsys.readouterr() == ("", message)


def test_findings_come_before_the_message(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("ICP101", "error", "label is missing", Location("none.yaml", 1, 1))
    assert outcome(failing(IcpctlError("no way", findings=[finding]))) == 2
    assert capsys.readouterr().err == (
        "none.yaml:1:1: error[ICP101] label is missing\nerror: no way\n"
    )


def test_an_error_is_json_on_stdout_too(capsys: pytest.CaptureFixture[str]) -> None:
    finding = Finding("ICP101", "error", "label is missing", Location("none.yaml", 1, 1))
    error = IcpctlError(
        "no way", "no_way", Location("a.toml", 3, 7), "go round", {"slug": "a"}, [finding]
    )
    assert outcome(failing(error), "json") == 2
    captured = capsys.readouterr()
    assert captured.err.endswith("a.toml:3:7: error: no way\n  hint: go round\n")
    body = json.loads(captured.out)
    assert (body["code"], body["message"]) == ("no_way", "no way")
    [shown] = body["details"].pop("findings")
    assert shown["code"] == "ICP101"
    assert body["details"] == {
        "slug": "a",
        "file": "a.toml",
        "line": 3,
        "column": 7,
        "hint": "go round",
    }


def test_the_unexpected_is_one_message_and_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert outcome(failing(ZeroDivisionError("x / 0"))) == 2
    [details] = tmp_path.iterdir()
    assert capsys.readouterr().err == (
        "error: internal error: ZeroDivisionError: x / 0\n"
        f"  hint: please report it; the details are in {details}\n"
    )
    assert "Traceback" in details.read_text()


def test_the_unexpected_is_shown_where_one_debugs(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ICPCTL_DEBUG", "1")
    assert outcome(failing(RecursionError("deep"))) == 2
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(failing(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


def test_usage_errors_of_commands_stay_typers() -> None:
    def command(output: str) -> ExitCode:
        raise typer.BadParameter("no")

    with pytest.raises(typer.BadParameter):
        exits(command)(output="text")


SLOW = """
import signal, sys, time
from icpctl.config.store import Workspace
from icpctl.__main__ import main

signal.signal(signal.SIGINT, signal.default_int_handler)  # background jobs inherit deaf ears

def load(self, **options):
    print("ready", flush=True)
    time.sleep(60)

Workspace.load = load
main()
"""


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["get", "-o", "json"], "SLUG is missing"),
        (["list", "--bogus", "--output=json"], "unknown option --bogus"),
        (["get", "a", "b", "--output", "json"], "unexpected argument: b"),
    ],
)
def test_a_call_that_cannot_be_read_is_json_too(
    tmp_path: Path, args: list[str], message: str
) -> None:
    ended = icpctl(*args, cwd=tmp_path)
    body = json.loads(ended.out)
    assert (ended.code, body["code"], [*body["details"]]) == (2, "bad_usage", ["hint"])
    assert message in body["message"]
    assert message in ended.err
    assert icpctl(args[0], "--nope", cwd=tmp_path).out == ""


def test_a_folder_that_may_not_be_read_is_no_usage_error(tmp_path: Path) -> None:
    folder = tmp_path / "icp_configs"
    folder.mkdir()
    folder.chmod(0)
    command = [*COMMAND, "validate", "icp_configs"]
    if os.geteuid() == 0:  # who may read everything
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    if not shutil.which(command[0]):
        pytest.skip("the administrator reads every folder, and there is no setpriv")
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=environment(), check=False
    )
    folder.chmod(0o700)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "error: icp_configs: Permission denied\n"


def test_ctrl_c_in_a_command_is_130_and_quiet(tmp_path: Path) -> None:
    assert ended_by(signal.SIGINT, SLOW, "list", cwd=tmp_path) == (130, b"")
