"""What installation does: compile the scanner, or do without."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.long import long

ROOT = Path(__file__).parents[2]


def _hooks() -> Any:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOOKS = _hooks()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CC", "ICPCTL_NATIVE", "ICPCTL_TARGET"):
        monkeypatch.delenv(name, raising=False)


def _hook(root: Path = ROOT, target: str = "wheel") -> Any:
    return HOOKS.CustomBuildHook(str(root), {}, None, None, str(root), target)


def _built(hook: Any, version: str = "standard") -> dict[str, Any]:
    data: dict[str, Any] = {"force_include": {}, "pure_python": True}
    hook.initialize(version, data)
    return data


@long
@pytest.mark.skipif(not shutil.which("cc"), reason="the machine has no compiler")
def test_a_wheel_holds_the_library_and_is_for_this_machine() -> None:
    hook = _hook()
    assert hook.dependencies() == []
    data = _built(hook)
    ((library, where),) = data["force_include"].items()
    assert where.startswith("icpctl/exports/scanner/scan.")
    assert not data["pure_python"]
    assert data["tag"].startswith("py3-none-")
    assert ctypes.CDLL(library).scan_new
    hook.finalize("standard", data, "")
    assert not Path(library).exists()


@long
@pytest.mark.skipif(not shutil.which("cc"), reason="the machine has no compiler")
def test_an_editable_installation_has_the_library_in_its_folder(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "native", tmp_path / "native")
    (tmp_path / "icpctl" / "exports" / "scanner").mkdir(parents=True)
    hook = _hook(tmp_path)
    data = _built(hook, "editable")
    hook.finalize("editable", data, "")
    assert data == {"force_include": {}, "pure_python": True}
    (library,) = (tmp_path / "icpctl" / "exports" / "scanner").iterdir()
    assert ctypes.CDLL(str(library)).scan_new


@pytest.mark.parametrize(
    ("variable", "value"),
    [("CC", "false"), ("CC", "/nowhere/cc"), ("ICPCTL_NATIVE", "0")],
)
def test_installation_succeeds_where_nothing_compiles(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    hook = _hook()
    data = _built(hook)
    hook.finalize("standard", data, "")
    assert hook.dependencies() == []
    assert data == {"force_include": {}, "pure_python": True}


def test_a_compiler_is_asked_for_where_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for system, machine, needed in (
        ("linux", "x86_64", [HOOKS.ZIG]),
        ("darwin", "arm64", [HOOKS.ZIG]),
        ("win32", "AMD64", [HOOKS.ZIG]),
        ("linux", "riscv64", []),
        ("freebsd14", "amd64", []),
    ):
        monkeypatch.setattr(HOOKS.sys, "platform", system)
        monkeypatch.setattr(HOOKS.platform, "machine", lambda machine=machine: machine)
        assert _hook().dependencies() == needed, (system, machine)


def test_a_wheel_for_another_platform_is_made_or_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ICPCTL_TARGET", "aarch64-macos")
    monkeypatch.setattr(HOOKS.sys, "executable", "/nowhere/python")
    assert _hook().dependencies() == [HOOKS.ZIG]
    with pytest.raises(OSError, match="nowhere"):
        _built(_hook())


def test_an_sdist_compiles_nothing() -> None:
    assert _built(_hook(target="sdist")) == {"force_include": {}, "pure_python": True}


def test_the_tags_of_all_wheels() -> None:
    assert {name: target.tag for name, target in HOOKS.TARGETS.items()} == {
        "x86_64-linux-gnu": "manylinux_2_17_x86_64",
        "aarch64-linux-gnu": "manylinux_2_17_aarch64",
        "x86_64-linux-musl": "musllinux_1_1_x86_64",
        "aarch64-linux-musl": "musllinux_1_1_aarch64",
        "x86_64-macos": "macosx_11_0_x86_64",
        "aarch64-macos": "macosx_11_0_arm64",
        "x86_64-windows": "win_amd64",
        "aarch64-windows": "win_arm64",
    }
