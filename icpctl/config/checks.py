"""Findings over one config. A warning is one function in a table of `lints` or `value_lints`."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from pydantic import ValidationError

from icpctl.config.definitions import definitions_beside
from icpctl.config.model import Body, Condition, Group, IcpConfig, Rules
from icpctl.config.scalars import described
from icpctl.documents.document import (
    MAX_FINDINGS,
    Node,
    Object,
    Problem,
    Scalar,
    find,
    find_key,
    plain,
)
from icpctl.errors import severity_of, word_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import ErrorDetails

    from icpctl.config.definitions import Definitions
    from icpctl.documents.document import Document
    from icpctl.errors import Finding

Path = tuple[str | int, ...]

# The model that reads the objects under a key; the config itself is under no key.
_MODELS: dict[str | None, type[Body]] = {
    None: IcpConfig,
    "rules": Rules,
    "groups": Group,
    "conditions": Condition,
}


def check_document(
    document: Document,
    slug: str | None,
    *,
    definitions: Definitions | None = None,
    lint: bool = True,
) -> tuple[IcpConfig | None, list[Finding]]:
    """Return the config of a document, None when it is not valid, and everything to say about it.

    `slug` is what the file's name says, if that is a slug. `definitions` are what its folder
    defines, else what is beside its file. Without `lint` nothing looks for warnings. The findings
    are in the text's order.
    """
    problems = list(document.problems)
    config = None
    if document.root is not None:
        if definitions is None:
            definitions = definitions_beside(document.file)
        try:
            config = IcpConfig.model_validate(plain(document.root), context=definitions)
        except ValidationError as error:
            errors = error.errors(include_url=False)[: MAX_FINDINGS + 1]
            problems += [_problem(document.root, details) for details in errors]
        problems += slug_differs(document.root, slug)
        if config is not None and lint:
            from icpctl.config.lints import CONFIG_CHECKS
            from icpctl.config.value_lints import VALUE_CHECKS

            for check_config in (*CONFIG_CHECKS, *VALUE_CHECKS):
                problems += islice(check_config(config, document.root), MAX_FINDINGS + 1)
    # An alias shows what is wrong with its anchor as often as it is used.
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.start, problem.code))
    if any(severity_of(problem.code) == "error" for problem in ordered):
        config = None
    if len(ordered) > MAX_FINDINGS:
        message = f"only the first {MAX_FINDINGS:,} findings are shown"
        ordered[MAX_FINDINGS:] = [Problem("ICP399", ordered[MAX_FINDINGS].start, message)]
    return config, [document.finding(problem) for problem in ordered]


def slug_differs(root: Node, slug: str | None) -> Iterator[Problem]:
    """Find a `slug` kept from an API response that is not the one of the file's name."""
    if not isinstance(root, Object) or slug is None or "slug" not in root.entries:
        return
    kept = root.entries["slug"][1]
    if isinstance(kept, Scalar) and kept.value is not None and kept.value != slug:
        message = f"the slug {described(kept.value)} is not the file's, which is '{slug}'"
        yield Problem("ICP017", kept.start, message, "remove it, or rename the file")


def _problem(root: Node, error: ErrorDetails) -> Problem:
    """Return a validation error of the model with its place in the text."""
    path = error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(find_key(root, path), path)
    start = find(root, path)
    if kind == "missing":
        return Problem("ICP101", start, f"{path[-1]} is missing", _NEEDED.get(str(path[-1])))
    if kind in _EXPECTED:
        given = error["input"]
        if given is None:
            return Problem("ICP108", start, "this entry of the list is empty")
        return Problem("ICP103", start, f"expected {_EXPECTED[kind]}, not {described(given)}")
    if kind.startswith("ICP"):
        return Problem(kind, start, context["message"], context["hint"])
    return Problem("ICP103", start, error["msg"])


_EXPECTED = {"model_type": "an object", "tuple_type": "a list"}
_NEEDED = {
    "label": "such as label: Enterprise SaaS",
    "rules": "such as rules: {groups: [...]}",
    "groups": "such as groups: [{operator: AND, conditions: [...]}]",
    "operator": "such as operator: AND",
    "conditions": "such as conditions: [{type: industry, comparator: exists}]",
    "type": "such as type: industry",
    "comparator": "such as comparator: exists",
}


def _unknown_key(start: int, path: Path) -> Problem:
    key = str(path[-1])
    holder = next((step for step in reversed(path[:-1]) if isinstance(step, str)), None)
    known = _MODELS[holder].body_keys()
    homes = [name or "the config" for name, model in _MODELS.items() if key in model.body_keys()]
    hint = f"it belongs to {homes[0]}" if homes else word_hint(key, known)
    return Problem("ICP102", start, f"unknown key {described(key)}", hint)
