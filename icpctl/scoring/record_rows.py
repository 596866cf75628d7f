"""Records given as Python values, through the reader that reads all visitors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icpctl.exports.reading import Reader
from icpctl.exports.sources import find_sources
from icpctl.exports.visitor_scan import cores, temporary_folder
from icpctl.mappings.mapping import load_mapping
from icpctl.scoring.run import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options


def rows_of(records: Iterable[dict[str, Any]], plan: Plan, options: Options) -> pa.RecordBatch:
    """The rows of some records, at least one, in their order."""
    columns = columns_of(plan, options.mapping or load_mapping(None), options)
    with temporary_folder(options.temp_dir) as spool:
        file = spool / "records.jsonl"
        file.write_text("".join(f"{json.dumps(it)}\n" for it in records), "utf-8")
        reader = Reader(columns, spool, options.threads or cores())
        tables = [
            batch.table
            for source in find_sources([str(file)], spool)
            for batch in reader.read(source)
        ]
    (rows,) = pa.Table.from_batches(tables).combine_chunks().to_batches()
    return rows
