"""Peers that look at columns: polars, and SQL for DuckDB, both as one would write them by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.fields import TEXTS
from bench.rules import NUMBERS, Config, Group, Test

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

_SIGN = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_FLAGS = ("icp_match", "persona_match")


def polars(visitors: Path, configs: list[Config], as_of: datetime, out: Path) -> None:
    """Polars: one lazy query over `scan_ndjson`, written to Parquet."""
    import polars as pl

    schema = {"visitor_id": pl.String, "last_seen_at": pl.String, "pages": pl.List(pl.String)}
    schema |= dict.fromkeys(TEXTS, pl.String) | dict.fromkeys(_FLAGS, pl.Boolean)
    schema |= {name: pl.Int64 for name in NUMBERS if name != "last_seen_days"}
    seen = pl.col("last_seen_at").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="ms")
    days = (pl.lit(as_of.replace(tzinfo=None)) - seen).dt.total_days().clip(0)
    used = {test.field for config in configs for test in _tests(config)}
    frame = pl.scan_ndjson(visitors, schema=schema).select(
        "visitor_id",
        *(pl.col(name).str.to_lowercase() for name in TEXTS if name in used),
        *(name for name in (*NUMBERS, *_FLAGS) if name in used and name != "last_seen_days"),
        *([pl.col("pages").list.eval(pl.element().str.to_lowercase())] if "pages" in used else []),
        days.alias("last_seen_days"),
    )

    def expression(test: Test) -> pl.Expr:
        column = pl.col(test.field)
        found = page(test) if test.field == "pages" else known(test, column).fill_null(False)
        return ~found if test.negated else found

    def page(test: Test) -> pl.Expr:
        column, each = pl.col("pages"), pl.element()
        if test.op == "in":
            return column.list.eval(each.is_in(test.value)).list.any()
        hits = [
            column.list.eval(each.str.contains(text, literal=True)).list.any()
            for text in test.value
        ]
        return pl.all_horizontal(hits) if test.op == "all" else pl.any_horizontal(hits)

    def known(test: Test, column: pl.Expr) -> pl.Expr:
        match test.op:
            case "in":
                return column.is_in(test.value)
            case "exists":
                return column.is_not_null()
            case "between":
                return column.is_between(*test.value)
            case "contains":
                return column.str.contains(test.value, literal=True)
            case "starts_with":
                return column.str.starts_with(test.value)
            case "ends_with":
                return column.str.ends_with(test.value)
        compare = {"gt": column.gt, "gte": column.ge, "lt": column.lt, "lte": column.le}
        return compare[test.op](test.value)

    def group_score(group: Group) -> pl.Expr:
        tests = [expression(test) for test, _ in group.required]
        matches = pl.any_horizontal(tests) if group.is_or else pl.all_horizontal(tests)
        weights = [expression(test) * float(weight) for test, weight in group.required]
        got = pl.max_horizontal(weights) if group.is_or else pl.sum_horizontal(weights)
        for test, weight in group.optional:
            got += expression(test) * float(weight)
        return pl.when(matches).then(got * 100 / group.total)

    scores = {
        config.slug: pl.max_horizontal(list(map(group_score, config.groups))).round(
            2, mode="half_away_from_zero"
        )
        for config in configs
    }
    pairs = [
        pl.when(pl.col(slug).is_not_null()).then(
            pl.struct(pl.lit(slug).alias("config"), pl.col(slug).alias("score"))
        )
        for slug in scores
    ]
    matches = pl.concat_list(pairs).list.drop_nulls()
    found = frame.select("visitor_id", **scores).select(
        pl.col("visitor_id").alias("id"), matches.alias("matches")
    )
    first = pl.col("matches").list.first().struct
    found = found.select(
        "id",
        (pl.col("matches").list.len() > 0).alias("icp_match"),
        first.field("config").alias("icp"),
        first.field("score").fill_null(0.0).alias("icp_score"),
        "matches",
    )
    found.sink_parquet(out, compression="zstd")


def duckdb(visitors: Path, configs: list[Config], as_of: datetime, out: Path) -> None:
    """DuckDB: one SQL over `read_json` with typed columns, copied to Parquet."""
    import duckdb as engine

    columns = {"visitor_id": "VARCHAR", "last_seen_at": "TIMESTAMP", "pages": "VARCHAR[]"}
    columns |= dict.fromkeys(TEXTS, "VARCHAR") | dict.fromkeys(_FLAGS, "BOOLEAN")
    columns |= {name: "BIGINT" for name in NUMBERS if name != "last_seen_days"}
    used = {test.field for config in configs for test in _tests(config)}
    now = as_of.replace(tzinfo=None).isoformat(sep=" ")
    shown = [
        "visitor_id",
        *(f"lower({name}) as {name}" for name in TEXTS if name in used),
        *(name for name in (*NUMBERS, *_FLAGS) if name in used and name != "last_seen_days"),
        "list_transform(pages, lambda p: lower(p)) as pages",
        f"greatest(0, floor((epoch(timestamp '{now}') - epoch(last_seen_at)) / 86400))"
        " as last_seen_days",
    ]

    def expression(test: Test) -> str:
        if test.field == "pages":
            found = page(test)
        else:
            found = f"coalesce({known(test, test.field)}, false)"
        return f"(not {found})" if test.negated else f"({found})"

    def page(test: Test) -> str:
        if test.op == "in":
            return f"list_has_any(pages, {_sql(test.value)})"
        word = " and " if test.op == "all" else " or "
        hits = (
            f"list_bool_or(list_transform(pages, lambda p: contains(p, {_sql(text)})))"
            for text in test.value
        )
        return f"coalesce({word.join(hits)}, false)"

    def known(test: Test, name: str) -> str:
        value = _sql(test.value)
        match test.op:
            case "in":
                return f"{name} in ({', '.join(map(_sql, test.value))})"
            case "exists":
                return f"{name} is not null"
            case "between":
                return f"{name} between {test.value[0]} and {test.value[1]}"
            case "contains" | "starts_with" | "ends_with":
                return f"{test.op}({name}, {value})"
        return f"{name} {_SIGN[test.op]} {value}"

    def held(test: Test, weight: float) -> str:
        return f"if({expression(test)}, {float(weight)}, 0)"

    def group_score(group: Group) -> str:
        word = " or " if group.is_or else " and "
        matches = word.join(expression(test) for test, _ in group.required)
        weights = [held(test, weight) for test, weight in group.required]
        base = f"greatest({', '.join(weights)})" if group.is_or else " + ".join(weights)
        got = " + ".join([base, *(held(test, weight) for test, weight in group.optional)])
        return f"case when {matches} then ({got}) * 100 / {group.total} end"

    scores = ", ".join(
        f"floor(greatest({', '.join(map(group_score, c.groups))}, null) * 100 + 0.5) / 100"
        f' as "{c.slug}"'
        for c in configs
    )
    pairs = ", ".join(
        f'if("{c.slug}" is not null, {{config: \'{c.slug}\', score: "{c.slug}"}}, null)'
        for c in configs
    )
    types = ", ".join(f"{name}: '{kind}'" for name, kind in columns.items())
    source = f"read_json('{visitors}', format='newline_delimited', columns={{{types}}})"
    engine.sql("set preserve_insertion_order = true")
    engine.sql(
        f"copy (select id, len(matches) > 0 as icp_match, matches[1].config as icp,"
        f" coalesce(matches[1].score, 0) as icp_score, matches from"
        f" (select visitor_id as id, list_filter([{pairs}], lambda x: x is not null) as matches"
        f" from (select visitor_id, {scores} from (select {', '.join(shown)} from {source}))))"
        f" to '{out}' (format parquet, compression zstd)"
    )


def _tests(config: Config) -> list[Test]:
    return [test for group in config.groups for test, _ in [*group.required, *group.optional]]


def _sql(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_sql, value))}]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()


COLUMNAR = {"polars": polars, "DuckDB SQL": duckdb}
