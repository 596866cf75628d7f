"""Compiles the scanner (`native/`) when icpctl is installed or a wheel is built.

With the machine's own compiler (`CC`, else `cc`), or where there is none with `ziglang` from PyPI,
a C compiler for all platforms that is asked for only then. Where neither works, icpctl is installed
without the compiled scanner and reads in Python. `ICPCTL_TARGET`, such as `aarch64-macos`, cross
compiles with ziglang (`native/wheels.py` does so for all); `ICPCTL_NATIVE=0` compiles nothing.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

ZIG = "ziglang==0.17.1"
OPTIONS = ("-std=c11", "-O2", "-shared", "-fvisibility=hidden")
_INSTALLED = Path("icpctl", "exports", "scanner")


class Target(NamedTuple):
    """A platform: what ziglang, the library's file and a wheel's tag call it."""

    zig: str
    suffix: str
    tag: str


def _target(machine: str, system: str) -> Target:
    apple, windows = (machine.replace("aarch64", "arm64"), machine.replace("x86_64", "amd64"))
    windows = windows.replace("aarch64", "arm64")
    return {
        "linux-gnu": Target(f"{machine}-linux-gnu.2.17", "so", f"manylinux_2_17_{machine}"),
        "linux-musl": Target(f"{machine}-linux-musl", "so", f"musllinux_1_1_{machine}"),
        "macos": Target(f"{machine}-macos.11.0", "dylib", f"macosx_11_0_{apple}"),
        "windows": Target(f"{machine}-windows-gnu", "dll", f"win_{windows}"),
    }[system]


TARGETS = {
    f"{machine}-{system}": _target(machine, system)
    for system in ("linux-gnu", "linux-musl", "macos", "windows")
    for machine in ("x86_64", "aarch64")
}
"""The platforms for which wheels are made."""


class CustomBuildHook(BuildHookInterface):
    """Puts the library into the wheel; for an editable installation beside its Python side."""

    def dependencies(self) -> list[str]:
        """Return what a build needs besides hatchling: a compiler, where there is none."""
        return [ZIG] if _is_wanted() and not _compiler() and _zig_target() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell hatchling where the library belongs."""
        if self.target_name != "wheel" or not _is_wanted():
            return
        self._folder = Path(tempfile.mkdtemp(prefix="icpctl-"))
        library = self._folder / f"scan.{_suffix()}"
        try:
            self._compile(library)
        except (OSError, subprocess.CalledProcessError) as error:
            if "ICPCTL_TARGET" in os.environ:
                raise
            self.app.display_warning(f"icpctl will read in Python: nothing was compiled ({error})")
            return
        if version == "editable":
            _place(library, Path(self.root, _INSTALLED, library.name))
            return
        build_data["force_include"][str(library)] = (_INSTALLED / library.name).as_posix()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{_platform_tag()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled outside of the wheel."""
        del version, build_data, artifact_path
        if hasattr(self, "_folder"):
            shutil.rmtree(self._folder, ignore_errors=True)

    def _compile(self, library: Path) -> None:
        compiler = _compiler()
        target = _zig_target()
        zig = [sys.executable, "-m", "ziglang", "cc", "-target", target.zig] if target else ["cc"]
        command = [*(compiler or zig), *OPTIONS]
        command += {".so": ["-fPIC", "-s"], ".dylib": ["-fPIC"], ".dll": ["-s"]}[library.suffix]
        caches = {f"ZIG_{kind}_CACHE_DIR": str(self._folder / kind) for kind in ("GLOBAL", "LOCAL")}
        source = Path(self.root, "native", "scan.c")
        subprocess.run(
            [*command, str(source), "-o", str(library)], check=True, env={**os.environ, **caches}
        )


def _is_wanted() -> bool:
    return os.environ.get("ICPCTL_NATIVE") != "0"


def _compiler() -> list[str] | None:
    """The machine's own compiler, which makes code for this machine alone."""
    if "ICPCTL_TARGET" in os.environ or sys.platform == "win32":
        return None
    named = shlex.split(os.environ.get("CC", ""))
    return named or ([path] if (path := shutil.which("cc")) else None)


def _zig_target() -> Target | None:
    return TARGETS.get(os.environ.get("ICPCTL_TARGET") or _this_machine())


def _this_machine() -> str:
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(machine, machine)
    libc = "musl" if "musl" in str(sysconfig.get_config_var("HOST_GNU_TYPE")) else "gnu"
    systems = {"linux": f"linux-{libc}", "darwin": "macos", "win32": "windows"}
    return f"{machine}-{systems.get(sys.platform, sys.platform)}"


def _suffix() -> str:
    target = _zig_target()
    return target.suffix if target else "so"


def _platform_tag() -> str:
    """The wheel's platform; what the machine's own compiler makes is for machines just like it."""
    target = _zig_target()
    if target and not _compiler():
        return target.tag
    tags = list(platform_tags())
    return next((tag for tag in tags if tag.startswith("linux_")), tags[0])


def _place(library: Path, where: Path) -> None:
    """Put the library there at once, so that a program that is starting reads all or nothing."""
    part = where.with_name(f"{where.name}.{os.getpid()}")
    shutil.copyfile(library, part)
    part.replace(where)
