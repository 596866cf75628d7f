"""Peers that look at one visitor after another: rule engines, and a loop over pydantic models."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bench.fields import TEXTS
from bench.rules import NUMBERS, Config, Group, Test, rounded

if TYPE_CHECKING:
    from collections.abc import Callable

Evaluate = "Callable[[dict[str, Any]], list[tuple[str, float]]]"
"""A record to its matches: slugs and scores."""

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "in": lambda seen, value: seen in value,
    "contains": lambda seen, value: value in seen,
    "starts_with": lambda seen, value: seen.startswith(value),
    "ends_with": lambda seen, value: seen.endswith(value),
    "gt": lambda seen, value: seen > value,
    "gte": lambda seen, value: seen >= value,
    "lt": lambda seen, value: seen < value,
    "lte": lambda seen, value: seen <= value,
    "between": lambda seen, value: value[0] <= seen <= value[1],
    "exists": lambda _seen, _value: True,
}
_PAGES: dict[str, Callable[[list[str], Any], bool]] = {
    "in": lambda pages, value: any(page in value for page in pages),
    "any": lambda pages, value: any(text in page for page in pages for text in value),
    "all": lambda pages, value: all(any(text in page for page in pages) for text in value),
}
_SIGN = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def pydantic_loop(configs: list[Config]) -> Evaluate:
    """The obvious program: a model for a visitor, and a function for a condition."""
    from pydantic import BaseModel, create_model

    fields: dict[str, Any] = dict.fromkeys(TEXTS, (str | None, None))
    fields |= dict.fromkeys(NUMBERS, (float | None, None)) | {"pages": (list[str], [])}
    fields |= {"icp_match": (bool | None, None), "persona_match": (bool | None, None)}
    model: type[BaseModel] = create_model("Visitor", **fields)

    def holds(visitor: BaseModel, test: Test) -> bool:
        seen = getattr(visitor, test.field)
        if test.field == "pages":
            return _PAGES[test.op](seen, test.value) != test.negated
        return (seen is not None and _COMPARE[test.op](seen, test.value)) != test.negated

    def group_score(visitor: BaseModel, group: Group) -> float | None:
        required = [(holds(visitor, test), weight) for test, weight in group.required]
        if not (any if group.is_or else all)(held for held, _ in required):
            return None
        together = max if group.is_or else sum
        got = together(weight for held, weight in required if held)
        got += sum(weight for test, weight in group.optional if holds(visitor, test))
        return 100 * got / group.total

    def evaluate(record: dict[str, Any]) -> list[tuple[str, float]]:
        visitor = model.model_validate(record)
        found = []
        for config in configs:
            scores = [group_score(visitor, group) for group in config.groups]
            known = [score for score in scores if score is not None]
            if known:
                found.append((config.slug, rounded(max(known))))
        return found

    return evaluate


def zen(configs: list[Config]) -> Evaluate:
    """zen-engine: one compiled decision whose expressions are the configs' scores."""
    import zen as engine

    def expression(test: Test) -> str:
        name, value = test.field, json.dumps(test.value, ensure_ascii=False)
        if name == "pages" and test.op == "in":
            found = f"some(pages, # in {value})"
        elif name == "pages":
            word = " and " if test.op == "all" else " or "
            parts = (f"some(pages, contains(#, {json.dumps(text)}))" for text in test.value)
            found = f"({word.join(parts)})"
        else:
            found = f"({name} != null and {known(test, name, value)})"
        return f"(not {found})" if test.negated else found

    def known(test: Test, name: str, value: str) -> str:
        match test.op:
            case "in":
                return f"{name} in {value}"
            case "exists":
                return "true"
            case "between":
                return f"{name} in [{test.value[0]}..{test.value[1]}]"
            case "contains":
                return f"contains({name}, {value})"
            case "starts_with":
                return f"startsWith({name}, {value})"
            case "ends_with":
                return f"endsWith({name}, {value})"
        return f"{name} {_SIGN[test.op]} {value}"

    def held(test: Test, weight: float) -> str:
        return f"({expression(test)} ? {weight} : 0)"

    def group_score(group: Group) -> str:
        word = " or " if group.is_or else " and "
        matches = word.join(expression(test) for test, _ in group.required)
        required = [held(test, weight) for test, weight in group.required]
        base = (
            f"max([{', '.join(required)}])"
            if group.is_or
            else f"{sum(w for _, w in group.required)}"
        )
        got = " + ".join([base, *(held(test, weight) for test, weight in group.optional)])
        return f"(({matches}) ? ({got}) * 100 / {group.total} : -1)"

    rows = [
        {"id": c.slug, "key": c.slug, "value": f"max([{', '.join(map(group_score, c.groups))}])"}
        for c in configs
    ]
    for entry in rows:
        entry["key"] = entry["key"].replace("-", "_")
    names = {entry["key"]: entry["id"] for entry in rows}
    nodes = [
        {"id": "in", "name": "in", "type": "inputNode"},
        {"id": "it", "name": "it", "type": "expressionNode", "content": {"expressions": rows}},
        {"id": "out", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "in", "targetId": "it"},
        {"id": "b", "type": "edge", "sourceId": "it", "targetId": "out"},
    ]
    decision = engine.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))

    def evaluate(record: dict[str, Any]) -> list[tuple[str, float]]:
        scores = decision.evaluate(record)["result"]
        found = ((slug, scores[name]) for name, slug in names.items())
        return [(slug, rounded(score)) for slug, score in found if score >= 0]

    return evaluate


def rule_engine(configs: list[Config]) -> Evaluate:
    """rule-engine: one rule for whether a group matches, and one for each weight of its score."""
    from rule_engine import Context, Rule

    context = Context(default_value=None)

    def expression(test: Test) -> str:
        name, value = test.field, json.dumps(test.value, ensure_ascii=False)
        if name == "pages" and test.op == "in":
            found = f"([p for p in pages if p in {value}].is_empty == false)"
        elif name == "pages":
            word = " and " if test.op == "all" else " or "
            parts = (
                f"([p for p in pages if {json.dumps(t)} in p].is_empty == false)"
                for t in test.value
            )
            found = f"({word.join(parts)})"
        else:
            found = f"({name} != null and {known(test, name, value)})"
        return f"(not {found})" if test.negated else found

    def page(text: str) -> str:
        return f"([p for p in pages if {json.dumps(text)} in p].is_empty == false)"

    def known(test: Test, name: str, value: str) -> str:
        match test.op:
            case "in":
                return f"{name} in {value}"
            case "exists":
                return "true"
            case "between":
                return f"({name} >= {test.value[0]} and {name} <= {test.value[1]})"
            case "contains":
                return f"{value} in {name}"
            case "starts_with":
                return f"{name}.starts_with({value})"
            case "ends_with":
                return f"{name}.ends_with({value})"
        return f"{name} {_SIGN[test.op]} {value}"

    def rule(text: str) -> Rule:
        return Rule(text, context=context)

    def compiled(group: Group) -> tuple[Rule, list[tuple[Rule, float]], list[tuple[Rule, float]]]:
        word = " or " if group.is_or else " and "
        matches = word.join(expression(test) for test, _ in group.required)
        required = [(rule(expression(test)), weight) for test, weight in group.required]
        optional = [(rule(expression(test)), weight) for test, weight in group.optional]
        return rule(matches), required if group.is_or else [], optional

    def score(group: Group, parts: Any, record: dict[str, Any]) -> float:
        matches, required, optional = parts
        if not matches.matches(record):
            return -1
        got = max((w for it, w in required if it.matches(record)), default=0)
        got += 0 if group.is_or else sum(weight for _, weight in group.required)
        got += sum(weight for it, weight in optional if it.matches(record))
        return 100 * got / group.total

    plans = [(c.slug, [(group, compiled(group)) for group in c.groups]) for c in configs]

    def evaluate(record: dict[str, Any]) -> list[tuple[str, float]]:
        found = []
        for slug, groups in plans:
            best = max(score(group, parts, record) for group, parts in groups)
            if best >= 0:
                found.append((slug, rounded(best)))
        return found

    return evaluate


def json_logic(configs: list[Config]) -> Evaluate:
    """json-logic: one rule that gives a config's score, -1 where it does not match."""
    from json_logic import jsonLogic

    def expression(test: Test) -> Any:
        var = {"var": test.field}
        if test.field == "pages":
            page = {"var": ""}
            if test.op == "in":
                found: Any = {"some": [var, {"in": [page, test.value]}]}
            else:
                word = "and" if test.op == "all" else "or"
                found = {word: [{"some": [var, {"in": [text, page]}]} for text in test.value]}
        else:
            found = {"and": [{"!==": [var, None]}, known(test, var)]}
        return {"!": [found]} if test.negated else found

    def known(test: Test, var: Any) -> Any:
        match test.op:
            case "in":
                return {"in": [var, test.value]}
            case "exists":
                return True
            case "between":
                return {"<=": [test.value[0], var, test.value[1]]}
            case "contains":
                return {"in": [test.value, var]}
            case "starts_with":
                return {"===": [{"substr": [var, 0, len(test.value)]}, test.value]}
            case "ends_with":
                return {"===": [{"substr": [var, -len(test.value)]}, test.value]}
        return {_SIGN[test.op]: [var, test.value]}

    def held(test: Test, weight: float) -> Any:
        return {"if": [expression(test), weight, 0]}

    def group_score(group: Group) -> Any:
        matches = {"or" if group.is_or else "and": [expression(test) for test, _ in group.required]}
        required = [held(test, weight) for test, weight in group.required]
        base = {"max": required} if group.is_or else sum(weight for _, weight in group.required)
        got = {"+": [base, *(held(test, weight) for test, weight in group.optional)]}
        return {"if": [matches, {"/": [{"*": [got, 100]}, group.total]}, -1]}

    rules = {c.slug: {"max": [group_score(group) for group in c.groups]} for c in configs}

    def evaluate(record: dict[str, Any]) -> list[tuple[str, float]]:
        scores = ((slug, jsonLogic(rule, record)) for slug, rule in rules.items())
        return [(slug, rounded(score)) for slug, score in scores if score >= 0]

    return evaluate


LOOPS: dict[str, Callable[[list[Config]], Any]] = {
    "pydantic loop": pydantic_loop,
    "zen-engine": zen,
    "rule-engine": rule_engine,
    "json-logic": json_logic,
}
