"""The worked example of docs/sql.md, on a PostgreSQL of its own, from its first line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.features.sql.engines import postgres_programs
from tests.process import ROOT, environment

if TYPE_CHECKING:
    from tests.features.sql.engines import Postgres

BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.M | re.S)


def test_postgres_gives_what_score_gives(tmp_path: Path, postgres: Postgres) -> None:
    (script,) = BLOCK.findall((ROOT / "docs/sql.md").read_text("utf-8"))
    for name in ("sample_configs", "sample_visitors"):
        shutil.copytree(ROOT / name, tmp_path / name)
    programs = [str(Path(sys.executable).parent), str(postgres_programs()), os.environ["PATH"]]
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment(
            PATH=os.pathsep.join(programs),
            PGHOST=postgres.connection.info.host,
            PGUSER="icpctl",
        ),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert re.search(r"differences *\n-+\n +0\n", ended.stdout), ended.stdout
