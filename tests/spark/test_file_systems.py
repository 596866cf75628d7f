"""Files that are not on this machine's disks, but where Spark has a connector for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from icpctl.errors import IcpctlError
from icpctl.spark.run import Folders, score
from tests.cli.process import ROOT
from tests.spark.engine import lines_in, models, on_one_machine, options, spark
from tests.visitors.torture import CONFIGS, gzipped, visitor

if TYPE_CHECKING:
    from pathlib import Path

LAKE = "viewfs://lake/exports"


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that Spark knows as `LAKE`."""
    folder = tmp_path_factory.mktemp("lake") / "exports"
    folder.mkdir()
    lines = b"".join(visitor(f"v{number}", padding="x" * 900) + b"\n" for number in range(3000))
    (folder / "a long one.jsonl").write_bytes(lines)
    (folder / "b.jsonl.gz").write_bytes(gzipped(b"{\n" + lines))
    rows = [{"id": f"p{number}", "industry": "SaaS"} for number in range(300)]
    parquet.write_table(pa.Table.from_pylist(rows), folder / "c.parquet")
    webhooks = ROOT / "tests" / "fixtures" / "exports" / "rb2b_webhook.jsonl"
    (folder / "d[1].jsonl").write_bytes(webhooks.read_bytes())
    (folder / ".hidden.jsonl").write_bytes(b"no")
    (folder / "README.md").write_bytes(b"no")
    context: Any = spark().sparkContext
    context._jsc.hadoopConfiguration().set(
        "fs.viewfs.mounttable.lake.link./exports", f"file:{folder}"
    )
    return folder


NAMES = {
    "a folder": [LAKE],
    "a folder with a slash": [f"{LAKE}/"],
    "files": [f"{LAKE}/d[1].jsonl", f"{LAKE}/a long one.jsonl"],
    "globs": [f"{LAKE}/*.jsonl", f"{LAKE}/b*"],
    "twice": [f"{LAKE}/c.parquet", f"{LAKE}/c.*"],
}


@pytest.mark.parametrize("kind", NAMES)
def test_elsewhere(exports: Path, tmp_path: Path, kind: str) -> None:
    names = NAMES[kind]
    out = tmp_path / "rows.jsonl"
    run = score(spark(), names, models(CONFIGS), options(), Folders(str(out)))
    here = [str(name).replace(LAKE, str(exports)) for name in names]
    expected = on_one_machine(CONFIGS, here)
    assert run.report.visitors == expected.told["report"]["visitors"]
    assert run.report.rejected == expected.told["report"]["rejected"]
    assert [(it.source, it.mapping.name) for it in run.mapped] == [
        (source.replace(str(exports), LAKE), name) for source, name, *_ in expected.told["mapped"]
    ]
    verdicts = [
        {name: value for name, value in row.items() if name not in ("source", "line")}
        for row in expected.rows.values()
    ]
    key = str
    assert sorted(lines_in(out), key=key) == sorted(verdicts, key=key)


@pytest.mark.parametrize("name", ["nothing.jsonl", "*.csv", "nowhere/*.jsonl"])
def test_nothing_there(exports: Path, name: str) -> None:
    with pytest.raises(IcpctlError) as error:
        score(spark(), [f"{LAKE}/{name}"], models(CONFIGS), options(), Folders())
    assert error.value.code == "no_visitors"
