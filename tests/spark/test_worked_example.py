"""The worked example of docs/scale.md, from its first line to its last, as a person types it."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.process import ROOT, environment

SECTION = re.compile(r"^## A worked example on Spark$(.*?)^## ", re.M | re.S)
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)


def test_worked_example(tmp_path: Path) -> None:
    section = SECTION.search((ROOT / "docs" / "scale.md").read_text("utf-8"))
    assert section
    blocks = BLOCK.findall(section[1])
    assert blocks[0] == "pip install '.[spark]'\n"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    script = "".join(blocks[1:]).replace("7077", port)
    script = script.replace("grep -q", "timeout 200 grep -q")
    for name in ("sample_configs", "sample_visitors"):
        shutil.copytree(ROOT / name, tmp_path / name)
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"trap 'kill $(jobs -p) || true' EXIT\n{script}"],
        cwd=tmp_path,
        env=environment(PATH=f"{Path(sys.executable).parent}:{environment()['PATH']}"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=500,
        check=False,
    )
    said = (ended.stdout + ended.stderr).decode()
    assert ended.returncode == 0, said
    assert "\nthe same verdicts\n" in said
    assert (tmp_path / "verdicts.parquet" / "_SUCCESS").exists()
