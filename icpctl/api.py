"""Scoring from Python, for notebooks and jobs: what `icpctl score` and `icpctl explain` do.

`icpctl.score` takes files, records or a table and returns a `ScoreResult`. The public names are
those of `icpctl.__all__`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from icpctl.config.model import ConfigFile, IcpConfig, named_configs
from icpctl.config.store import Workspace
from icpctl.errors import IcpctlError

if TYPE_CHECKING:
    import pyarrow as pa

    from icpctl.exports.columns.batches import Rejected
    from icpctl.exports.columns.field_warnings import FieldWarning
    from icpctl.features.explain.explained import Explained
    from icpctl.output.layout import Layout
    from icpctl.scoring.report import MatchReport
    from icpctl.scoring.run import Options, Run

AnyPath: TypeAlias = str | os.PathLike[str]
Visitors: TypeAlias = AnyPath | Iterable[AnyPath] | Iterable[Mapping[str, Any]] | Any
Configs: TypeAlias = AnyPath | Iterable[ConfigFile | tuple[str, IcpConfig]]

_RECORDS, _TABLE = "records.jsonl", "table.parquet"


def load_configs(
    directory: AnyPath, org: str | None = None, *, inactive: bool = False
) -> list[ConfigFile]:
    """Return the valid configs of a folder, or of its organization `org`, in their order.

    Inactive ones are left out unless `inactive` is true.
    Raises `IcpctlError`: `no_such_folder`, `no_such_org`, and `invalid_config` with the findings
    of every file, where one is not valid.
    """
    files = Workspace(Path(directory), org).load().require_valid()
    return [file for file in files if inactive or file.config.is_active]


def score(
    visitors: Visitors,
    configs: Configs,
    *,
    as_of: datetime | None = None,
    mapping: str | Sequence[str] | None = None,
    case_sensitive: bool = False,
    carry: Sequence[str] = (),
    tiers: Mapping[str, float] | None = None,
    why: bool = False,
) -> ScoreResult:
    """Score visitors against configs, as `icpctl score` does.

    `visitors` are the path of a file or folder, or a list of paths; or records, which are
    dictionaries; or a table: a pyarrow table, or a DataFrame of pandas or polars. Fields are named
    as in files, and `mapping` names their mapping, or several, where it is not detected. `configs`
    are a folder, whose active configs are scored, or configs from `load_configs`.

    `as_of` is what days are counted to (default: now), with a time zone. `carry` adds fields of
    the records to the rows, `tiers` maps names to the lowest score of each, and `why` adds a
    sentence to each row. Settings files are not read.

    Raises `IcpctlError`: what reading configs and visitors raises, and `bad_usage`.
    """
    from icpctl.mappings.loading import load_mapping
    from icpctl.output.layout import Layout
    from icpctl.scoring.run import Options

    pairs = _pairs(configs)
    options = Options(
        _instant(as_of),
        case_sensitive,
        tuple(map(load_mapping, [mapping] if isinstance(mapping, str) else mapping or ())),
        tuple(dict.fromkeys(carry)),
        tiers=dict(sorted((tiers or {}).items(), key=lambda tier: -tier[1])),
    )
    source = _Input.of(visitors)
    layout = Layout(carry=options.carry, with_why=why)
    layout = layout.used_by((config for _, config in pairs), options.tiers)
    run, batches = _run(source, pairs, options, layout)
    return ScoreResult(run.report, source, tuple(pairs), options, layout, run, batches)


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """The verdicts on some visitors: a table of rows, a report of counts, and explanations."""

    report: MatchReport
    _source: _Input = field(repr=False)
    _configs: tuple[tuple[str, IcpConfig], ...] = field(repr=False)
    _options: Options = field(repr=False)
    _layout: Layout = field(repr=False)
    _run: Run = field(repr=False)
    _batches: list[pa.RecordBatch] = field(repr=False)

    def table(self) -> pa.Table:
        """Return one row per visitor, in the order of the input.

        The columns are those of `score --out`: `id`, `icp_match`, `icp`, `icp_score`, `matches` (a
        list of structs `config`, `score`), then `icp_tier`, `excluded_by` and `why` where there are
        any, and what is carried, as text.
        """
        import pyarrow as pa

        return pa.Table.from_batches(self._batches, _schema(self._layout))

    def explain(self, visitor_id: str) -> VisitorExplanation:
        """Return why a visitor has its verdict; of several with this id the first.

        The visitors are read again up to the last. Raises `IcpctlError` `no_such_visitor`.
        """
        from icpctl.features.explain.explained import explain

        (explained,) = explain(
            self._source.names, self._configs, self._options, ids=[str(visitor_id)]
        )
        return VisitorExplanation(replace(explained, file=self._source.shown(explained.file)))

    @property
    def rejected(self) -> list[Rejected]:
        """The first lines that are not visitors; `report.rejected` counts all."""
        return [replace(line, file=self._source.shown(line.file)) for line in self._run.rejected]

    @property
    def warnings(self) -> list[FieldWarning]:
        """A warning a field that has values which do not fit and count as missing."""
        shown = self._source.shown
        return [
            replace(warning, places=tuple((shown(file), line) for file, line in warning.places))
            for warning in self._run.warnings
        ]


@dataclass(frozen=True, slots=True)
class VisitorExplanation:
    """Why a visitor has its verdict; as text it is what `icpctl explain` prints."""

    _explained: Explained = field(repr=False)

    @property
    def icp(self) -> str | None:
        """The slug of the visitor's ICP."""
        return self._explained.explanation.icp

    @property
    def icp_score(self) -> float:
        """The score of the ICP, 0 without one."""
        return self._explained.explanation.icp_score

    @property
    def line(self) -> int:
        """The line of the visitor's record, or its number among records and rows, from 1."""
        return self._explained.explanation.line

    def body(self) -> dict[str, Any]:
        """Return everything as JSON values, as `icpctl explain -o json` prints it."""
        return self._explained.explanation.body()

    def __str__(self) -> str:
        from icpctl.features.explain.summary import summary

        marks = {True: "\N{CHECK MARK} ", False: "\N{BALLOT X} ", None: ""}
        lines = summary(self._explained.explanation)
        return "\n".join(f"{'  ' * line.indent}{marks[line.held]}{line.text}" for line in lines)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Input:
    """Visitors as files: those that are named, or a temporary one of what is in memory.

    The temporary file goes when nothing needs it any more.
    """

    names: tuple[str, ...]
    is_temporary: bool = False

    @classmethod
    def of(cls, visitors: Visitors) -> _Input:
        """Return visitors of any kind. Raises `IcpctlError` `bad_usage`."""
        if isinstance(visitors, str | os.PathLike):
            return cls((os.fspath(visitors),))
        if (table := _arrow_table(visitors)) is not None:
            return cls._written(_TABLE, lambda path: _write_table(table, path))
        if isinstance(visitors, Mapping) or not isinstance(visitors, Iterable):
            what = type(visitors).__name__
            hint = "give a path, a list of paths, records (dictionaries), or a table"
            raise IcpctlError(f"visitors cannot be a {what}", "bad_usage", hint=hint)
        given = list(visitors)
        if given and all(isinstance(entry, str | os.PathLike) for entry in given):
            return cls(tuple(map(os.fspath, given)))
        return cls._written(_RECORDS, lambda path: _write_records(given, path))

    @classmethod
    def _written(cls, name: str, write: Any) -> _Input:
        folder = tempfile.mkdtemp(prefix="icpctl-")
        path = Path(folder) / name
        source = cls((str(path),), is_temporary=True)
        weakref.finalize(source, shutil.rmtree, folder, ignore_errors=True)
        write(path)
        return source

    def shown(self, file: str) -> str:
        """Return a file's name for people: what is in memory has none."""
        return Path(file).stem if self.is_temporary else file


def _pairs(configs: Configs) -> list[tuple[str, IcpConfig]]:
    if isinstance(configs, str | os.PathLike):
        configs = load_configs(configs)
    pairs = named_configs(configs)
    if not pairs:
        raise IcpctlError("no configs to score with", "no_configs")
    return pairs


def _instant(as_of: datetime | None) -> datetime:
    if as_of is None:
        return datetime.now(UTC).replace(microsecond=0)
    if as_of.tzinfo is None:
        hint = "such as datetime(2026, 11, 23, tzinfo=UTC)"
        raise IcpctlError("as_of has no time zone", "bad_usage", hint=hint)
    return as_of.astimezone(UTC)


def _run(
    source: _Input,
    configs: Sequence[tuple[str, IcpConfig]],
    options: Options,
    layout: Layout,
) -> tuple[Run, list[pa.RecordBatch]]:
    """Score, and keep the columns of `layout` of each batch."""
    import pyarrow as pa

    from icpctl.features.reasons.row_reasons import Reasons
    from icpctl.features.reasons.sentences import sentence
    from icpctl.output.verdict_rows import plain_columns
    from icpctl.scoring.plan import make_plan
    from icpctl.scoring.run import score as score_exports

    plan = make_plan(
        configs,
        as_of=options.as_of,
        case_sensitive=options.case_sensitive,
        tiers=options.tiers,
    )
    reasons = Reasons(plan, dict(configs)) if layout.with_why else None
    schema, batches = _schema(layout), []

    def keep(rows: Any) -> None:
        if reasons:
            rows = replace(rows, why=reasons.sentences(rows, sentence))
        columns = plain_columns(rows, layout, lists=True)
        batches.append(pa.RecordBatch.from_arrays(columns, schema=schema))

    fields = plan.columns if reasons else ()
    options = replace(options, fields=tuple(fields))
    return score_exports(source.names, configs, options, plan=plan, on_rows=keep), batches


def _schema(layout: Layout) -> pa.Schema:
    import pyarrow as pa

    from icpctl.output.verdict_rows import plain_types

    return pa.schema(plain_types(layout, lists=True))


def _arrow_table(visitors: Any) -> pa.Table | None:
    """Return a table or DataFrame as an Arrow table, None for anything else."""
    if not hasattr(visitors, "__arrow_c_stream__") and not hasattr(visitors, "to_parquet"):
        return None
    import pyarrow as pa

    if hasattr(visitors, "to_parquet"):  # a pandas DataFrame, whose index is not a field
        return pa.Table.from_pandas(visitors, preserve_index=False)
    return pa.table(visitors)


def _write_table(table: pa.Table, path: Path) -> None:
    from pyarrow import parquet

    parquet.write_table(table, path)


def _write_records(records: Sequence[Any], path: Path) -> None:
    """Write records as JSON lines. Raises `IcpctlError` `bad_usage` for what is not a record."""
    with path.open("w", encoding="utf-8", errors="surrogatepass") as file:
        for number, record in enumerate(records, 1):
            if not isinstance(record, Mapping):
                what = type(record).__name__
                hint = "a record must be a dictionary, such as {'id': 'v1', 'company_size': 120}"
                raise IcpctlError(f"record {number} is a {what}", "bad_usage", hint=hint)
            file.write(json.dumps(dict(record), default=_json_value, ensure_ascii=False) + "\n")


def _json_value(value: Any) -> Any:
    """Return what JSON has no type for: dates as ISO 8601, sets as lists, NumPy's as Python's."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value)
