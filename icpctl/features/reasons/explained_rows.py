"""Rows with the reasons of their verdicts, and the near misses among them, as `score` has them."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from icpctl.features.reasons.near_miss_files import NearMissWriter
from icpctl.features.reasons.row_reasons import Reasons
from icpctl.features.reasons.sentences import sentence
from icpctl.files import replacing
from icpctl.output.layout import form_of, refuse_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from icpctl.config.model import IcpConfig
    from icpctl.output.layout import Form, Layout
    from icpctl.scoring.plan import Plan
    from icpctl.scoring.run import Rows


class Wish(Struct, frozen=True):
    """What `--why` and `--near-misses` ask for.

    Raises `IcpctlError`: `unknown_format`, and `bad_usage` where near misses are to go to stdout.
    """

    layout: Layout
    near_misses: str | None

    def __post_init__(self) -> None:
        refuse_stdout(self.near_misses, "--near-misses")
        _ = self.form

    @property
    def form(self) -> Form | None:
        """The format of the near misses that their file's name says; None without a file."""
        return form_of(self.near_misses, "--near-misses") if self.near_misses is not None else None

    def begin(self, plan: Plan, configs: dict[str, IcpConfig]) -> ExplainedRows:
        """Return what explains rows of a plan; `configs` are those that it was made of, by slug."""
        return ExplainedRows(self, Reasons(plan, configs))


class ExplainedRows:
    """Adds sentences to rows, where they have a column for them, and writes their near misses."""

    def __init__(self, wish: Wish, reasons: Reasons) -> None:
        self.wish = wish
        self.reasons = reasons
        self.near_misses: NearMissWriter | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the rows must have."""
        return self.reasons.plan.columns

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Open the file of near misses, if any; it appears when the block ends without an error."""
        if self.wish.near_misses is None or self.wish.form is None:
            yield
            return
        with (
            replacing(Path(self.wish.near_misses)) as file,
            closing(NearMissWriter.of(self.wish.form, file)) as self.near_misses,
        ):
            yield

    def explain(self, rows: Rows) -> Rows:
        """Return the rows of a batch with their sentences, and write their near misses."""
        if self.near_misses and (near_misses := [*self.reasons.near_misses(rows)]):
            self.near_misses.write(near_misses)
        layout = self.wish.layout
        if not layout.with_why:
            return rows
        why = self.reasons.sentences(rows, sentence, only_matched=layout.only_matched)
        return replace(rows, why=why)
