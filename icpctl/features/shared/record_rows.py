"""Records given as Python values, through the scanner that reads all visitors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from icpctl.exports.columns.batches import ThreadScanners
from icpctl.mappings.loading import load_mapping
from icpctl.scoring.run import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Options


def rows_of(records: Iterable[dict[str, Any]], plan: Plan, options: Options) -> pa.RecordBatch:
    """Return the rows of some records, at least one, in their order."""
    columns = columns_of(plan, next(iter(options.mappings), None) or load_mapping(None), options)
    own = ThreadScanners().own(columns)
    for record in records:
        own.block.append(json.dumps(record).encode() + b"\n")
    own.scanner.scan_json(own.block, is_last=True)
    return own.table()
