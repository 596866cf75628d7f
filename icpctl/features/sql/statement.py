"""The SELECT that gives `id, icp_match, icp, icp_score, matches` of a table of visitors.

Its subqueries follow each other as the steps of the evaluator do: values, normal forms, tests,
scores. Each test is written once, even if several configs use it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unicodedata import category

from msgspec import Struct
from sqlglot import exp

from icpctl.documents.document import find
from icpctl.errors import Finding, IcpctlError
from icpctl.features.sql.columns import column_name
from icpctl.features.sql.dialects import DIALECTS
from icpctl.features.sql.fields import SOURCE, Fields
from icpctl.features.sql.predicates import joined, predicate
from icpctl.features.sql.scores import config_score, percent
from icpctl.features.sql.trees import RefusedError, case, column, exists, text, whole
from icpctl.scoring.plan import make_plan
from icpctl.values import date_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from icpctl.config.model import ConfigFile
    from icpctl.features.sql.dialects.base import Dialect
    from icpctl.features.sql.request import Request
    from icpctl.features.sql.trees import Tree
    from icpctl.scoring.plan import FieldPlan, Test

_QUOTES = "'\"`$\u00b4"
_COMMENT = 100  # characters


class Statement(Struct, frozen=True):
    """A SELECT, and the columns of the table that it reads."""

    tree: exp.Select
    reads: tuple[str, ...]


def make_statement(configs: Sequence[ConfigFile], request: Request) -> Statement:
    """Return the SELECT for some configs, which are in order.

    Raises `IcpctlError` `not_expressible` with a finding for each condition that the dialect
    cannot express exactly.
    """
    return _Writer(configs, request).statement()


class _Writer:
    def __init__(self, configs: Sequence[ConfigFile], request: Request) -> None:
        self._configs = configs
        self._request = request
        self._dialect: Dialect = DIALECTS[request.dialect]
        self._plan = make_plan(
            [(file.slug, file.config) for file in configs],
            as_of=request.as_of or date_forms.EPOCH,
            case_sensitive=request.case_sensitive,
            tiers=request.tiers,
        )
        as_of = None if request.as_of is None else date_forms.micros(request.as_of)
        self._fields = Fields(self._dialect, request.columns, self._plan, as_of)
        self._refused: dict[int, RefusedError] = {}
        self._findings: list[Finding] = []

    def statement(self) -> Statement:
        names, tests = self._tests()
        self._refuse_conditions()
        scores = self._scores(names)
        self._require_expressible(len(tests))
        fields = self._fields
        read = {"id": fields.id(), **fields.read}
        query = exp.Select()
        source = source_table(self._request.table)

        def step(name: str, columns: Mapping[str, Tree], *, more: bool = False) -> None:
            nonlocal source
            if name == self._request.table[-1].casefold():
                name += "_"  # or it would hide the table
            made = _select(columns, source, everything=source.name if more else None)
            made = self._dialect.computed_once(made)
            query.with_(exp.to_identifier(name, quoted=True), as_=made, copy=False)
            source = table_of([name])

        step("icp_values", read)
        if fields.folded:
            step("icp_folded", {name: column(name) for name in read} | fields.folded)
        if fields.forms:
            step("icp_forms", fields.forms, more=True)
        step("icp_tests", {"id": column("id"), **tests})
        step("icp_scores", {"id": column("id"), **scores})
        step("icp_ranked", self._verdicts(list(scores)))
        verdict = {"id": column("id"), "icp_match": exists(column("icp"))}
        verdict |= {name: column(name) for name in ("icp", "icp_score", "matches")}
        if self._plan.tiers:
            verdict["icp_tier"] = self._tier()
        if self._plan.excludes:
            verdict["excluded_by"] = column("excluded_by")
        query.select(*_outputs(verdict), copy=False).from_(source, copy=False)
        try:
            return Statement(self._dialect.finished(query), tuple(fields.reads))
        except RefusedError as refused:
            raise IcpctlError(
                f"{self._dialect.name} cannot do this exactly: {refused}",
                "not_expressible",
                hint=refused.hint,
            ) from None

    def _tests(self) -> tuple[dict[int, str], dict[str, Tree]]:
        """Return the column of each bit of the plan, and the columns themselves."""
        names: dict[int, str] = {}
        tests: dict[str, Tree] = {}
        for field in self._plan.fields:
            for number, test in enumerate(field.tests):
                bit = field.first_bit + number
                names[bit] = name = f"{column_name(field.type)}_{number + 1}"
                try:
                    tests[name] = _said(predicate(self._fields, field, test), _words(field, test))
                except RefusedError as refused:
                    self._refused[bit] = refused
        return names, tests

    def _scores(self, names: dict[int, str]) -> dict[str, Tree]:
        scores: dict[str, Tree] = {}
        for number, (file, config) in enumerate(
            zip(self._configs, self._plan.configs, strict=True)
        ):
            words = f"{config.slug}: {config.label}"
            try:
                tree = config_score(self._dialect, config, names)
            except RefusedError as refused:
                self._find(file, ("rules", "groups"), refused)
                continue
            scores[f"score_{number + 1}"] = _said(tree, words)
        return scores

    def _verdicts(self, scores: list[str]) -> dict[str, Tree]:
        first: list[tuple[Tree, Tree]] = []
        best: list[tuple[Tree, Tree]] = []
        listed: list[Tree] = []
        excluding: list[tuple[Tree, Tree]] = []
        for name, config in zip(scores, self._plan.configs, strict=True):
            matches = exists(column(name))
            if config.excludes:
                excluding.append((matches, text(config.slug)))
                continue
            first.append((matches, text(config.slug)))
            best.append((matches, column(name)))
            match = joined(
                exp.DPipe,
                [
                    text(f', {{"config": {json.dumps(config.slug)}, "score": '),
                    exp.cast(column(name), "TEXT"),
                    text("}"),
                ],
            )
            listed.append(case((matches, match), otherwise=text("")))
        # Each match begins with a comma, of which the first goes.
        inner = joined(exp.DPipe, listed) if listed else text("")
        all_matches = exp.Substring(this=inner, start=whole(3))
        if excluding:  # they come first: who is excluded has no ICP
            nobody = exp.or_(*(is_met.copy() for is_met, _ in excluding))
            first.insert(0, (nobody, exp.cast(exp.null(), "TEXT")))
            best.insert(0, (nobody.copy(), percent(whole(0))))
        ranked = {
            "id": column("id"),
            "icp": case(*first),
            "icp_score": case(*best, otherwise=percent(whole(0))),
            "matches": joined(exp.DPipe, [text("["), all_matches, text("]")]),
        }
        if excluding:
            ranked["excluded_by"] = case(*excluding)
        return ranked

    def _tier(self) -> Tree:
        """Return the highest tier whose minimum the ICP's score reaches; NULL without an ICP."""
        score = column("icp_score")
        reached = (
            exp.GTE(this=score.copy(), expression=percent(whole(bound)))
            for _, bound in self._plan.tiers
        )
        has_icp = exists(column("icp"))
        return case(
            *(
                (exp.and_(has_icp.copy(), is_reached), text(name))
                for is_reached, (name, _) in zip(reached, self._plan.tiers, strict=True)
            )
        )

    # What is refused

    def _refuse_conditions(self) -> None:
        for file, config in zip(self._configs, self._plan.configs, strict=True):
            for number, group in enumerate(config.groups):
                for place, condition in enumerate(group.conditions):
                    if condition.bit in self._refused:
                        steps = ("rules", "groups", number, "conditions", place)
                        self._find(file, steps, self._refused[condition.bit])

    def _find(self, file: ConfigFile, steps: tuple[str | int, ...], refused: RefusedError) -> None:
        document = file.document
        start = find(document.root, steps) if document.root else 0
        place = document.location(start)
        message = f"{file.slug}: {self._dialect.name} cannot do this exactly: {refused}"
        self._findings.append(Finding("ICP704", "error", message, place, refused.hint))

    def _require_expressible(self, tests: int) -> None:
        if self._findings:
            count = len(self._findings)
            conditions = "a condition is" if count == 1 else f"{count} conditions are"
            raise IcpctlError(
                f"{conditions} not expressible in {self._dialect.name}",
                "not_expressible",
                hint="nothing was written; --config writes the SQL of some configs alone",
                findings=self._findings,
            )
        most = self._dialect.most_columns
        for count, what in ((tests, "different tests"), (len(self._configs), "configs")):
            if most is not None and count >= most:  # the id is a column as well
                raise IcpctlError(
                    f"{count:,} {what} are a column each, and a SELECT of {self._dialect.name} "
                    f"has {most:,} columns at most",
                    "not_expressible",
                    hint="--config writes the SQL of some configs alone",
                )


def _select(
    columns: Mapping[str, Tree], source: exp.Table, *, everything: str | None = None
) -> exp.Select:
    """Return a SELECT of some columns, after all columns of `everything`."""
    trees = list(_outputs(columns, everything))
    return exp.Select(expressions=trees).from_(source, copy=False)


def _outputs(columns: Mapping[str, Tree], everything: str | None = None) -> Iterator[Tree]:
    if everything is not None:
        yield exp.Column(this=exp.Star(), table=exp.to_identifier(everything, quoted=True))
    for name, tree in columns.items():
        said, tree.comments = tree.comments, None
        is_same = isinstance(tree, exp.Column) and tree.name == name
        output = tree if is_same else exp.alias_(tree, name, quoted=True, copy=False)
        output.comments = said
        yield output


def table_of(parts: Sequence[str]) -> exp.Table:
    """Return a table by the parts of its name."""
    names = [exp.to_identifier(part, quoted=True) for part in reversed(parts)]
    return exp.Table(**dict(zip(("this", "db", "catalog"), names, strict=False)))


def source_table(parts: Sequence[str]) -> exp.Table:
    """Return the table of visitors, as the first subquery reads it."""
    table = table_of(parts)
    table.set("alias", exp.TableAlias(this=exp.to_identifier(SOURCE, quoted=True)))
    return table


def _words(field: FieldPlan, test: Test) -> str:
    values = ", ".join(map(str, test.values[:_COMMENT]))
    return f"{field.type.name} {test.comparator} {values}".strip()


def _said(tree: Tree, words: str) -> Tree:
    """Return the tree with a comment."""
    tree.add_comments([f" {comment(words)} "])
    return tree


def comment(words: str) -> str:
    """Return a user's words as a comment: one line that ends no comment and opens no quote.

    DuckDB turns no-break and other spaces outside quotes into plain ones before it parses, and
    counts quotes in comments as quotes: one apostrophe there would change all later literals.
    """
    plain = "".join(character if _is_harmless(character) else " " for character in words)
    line = " ".join(plain.replace("*/", "* /").replace("/*", "/ *").replace("--", "- -").split())
    return line if len(line) <= _COMMENT else f"{line[: _COMMENT - 3]}..."


def _is_harmless(character: str) -> bool:
    is_quote = character in _QUOTES or category(character) in ("Pi", "Pf")
    return character.isprintable() and not is_quote
