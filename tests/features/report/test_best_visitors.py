"""Explanations of many visitors at once are those of each alone; the best are kept in order."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from icpctl.config.model import IcpConfig
from icpctl.features.reasons.explanation import explain_row, explain_rows
from icpctl.features.report.best_visitors import MOST_MATCHES, TopVisitors
from icpctl.scoring.plan import make_plan
from icpctl.scoring.run import Options, score
from tests.features.explain.test_explanation import rows_of
from tests.long import long
from tests.spec_cases import AS_OF
from tests.strategies import configs, records, some_types

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


@long
@given(st.data())
def test_a_batch_is_explained_as_each_of_its_rows(data: st.DataObject) -> None:
    types = data.draw(some_types())
    models = {slug: IcpConfig.model_validate(body) for slug, body in data.draw(configs(types))}
    plan = make_plan(models.items(), as_of=datetime.fromisoformat(AS_OF))
    rows = rows_of(data.draw(st.lists(records(types), min_size=1, max_size=4)))
    [batch] = pa.Table.from_batches(rows).combine_chunks().to_batches()
    lines = list(range(1, len(rows) + 1))
    found = list(explain_rows(batch, lines, plan, models))
    assert found == [
        explain_row(row, line, plan, models) for row, line in zip(rows, lines, strict=True)
    ]
    matching = explain_rows(batch, lines, plan, models, most_matches=2)
    for all_of, some in zip(found, matching, strict=True):
        matches = [it for it in all_of.configs if it.matched and not it.excludes]
        assert some.configs == tuple(matches[:2])


def test_the_best_are_kept_whatever_the_batches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores rise and fall over many batches; of equals the first are kept."""
    monkeypatch.setattr("icpctl.features.report.best_visitors.MOST", 50)
    conditions = [{"type": "industry", "comparator": "equals", "value": "a"}]
    conditions += [
        {"type": "company_size", "comparator": "gt", "value": n, "optional": True} for n in range(9)
    ]
    body: dict[str, Any] = {
        "label": "x",
        "rules": {"groups": [{"operator": "AND", "conditions": conditions}]},
    }
    models = [(f"c{n}", IcpConfig.model_validate(body)) for n in range(5)]
    options = Options(datetime.fromisoformat(AS_OF))
    plan = make_plan(models, as_of=options.as_of)
    sizes = np.random.default_rng(7).integers(0, 12, 3000)
    top = TopVisitors(plan)
    files = []
    for part in range(6):
        file = tmp_path / f"{part}.jsonl"
        files.append(str(file))
        lines = [
            {"id": f"{part}-{n}", "industry": "a" if n % 5 else "b", "company_size": int(size)}
            for n, size in enumerate(sizes[part * 500 : part * 500 + 500])
        ]
        file.write_text("".join(json.dumps(it) + "\n" for it in lines))
    scores: list[tuple[int, str]] = []

    def on_rows(rows: Any) -> None:
        top.add(rows, np.ones(len(rows.lines), bool))
        ids = [json.loads(it) for it in rows.ids.to_pylist()]
        scores.extend(zip((-rows.verdicts.icp_hundredths).tolist(), ids, strict=True))

    score(files, models, Options(options.as_of, fields=top.fields), plan=plan, on_rows=on_rows)
    found = top.visitors(dict(models))
    best = sorted((it for it in scores if it[0]), key=lambda it: it[0])[:50]
    assert [(-100 * it.icp_score, it.id) for it in found] == best
    assert all(len(it.matches) == MOST_MATCHES and it.more == 2 for it in found)
    assert found[0].matches[0].slug == found[0].icp == "c0"
