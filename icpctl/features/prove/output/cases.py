"""Test cases in the format of `icpctl test`: `SLUG.test.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from icpctl.features.shared.condition_phrases import phrase
from icpctl.features.shared.rule_tests import condition_words, conditions_of, named_conditions
from icpctl.output.console import shown

if TYPE_CHECKING:
    from icpctl.config.model import Condition, ConfigFile
    from icpctl.features.prove.cases import Case, Cases

_WIDTH = 100


def cases_text(config: ConfigFile, cases: Cases) -> str:
    """The text of a test file. Conditions without a visitor are named in a comment."""
    conditions = conditions_of(config)
    lines = [
        f"# For each condition of {config.slug} a visitor that meets it and one that does not.",
        "# Written by: icpctl prove witnesses",
    ]
    for number, holds in cases.lacking:
        lines.append(f"# No visitor found for: {_said(conditions[number], holds)}")
    lines.append("tests:")
    for case in cases.cases:
        body = yaml.safe_dump(
            [_body(config, case)],
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=None,
            width=_WIDTH,
        )
        lines += [f"  {line}" for line in body.rstrip("\n").split("\n")]
    return "\n".join(lines) + "\n"


def _said(condition: Condition, is_met: bool) -> str:
    """A condition and whether it is met, such as `company size is at least 500: not met`."""
    return shown(f"{phrase(condition)}: {'met' if is_met else 'not met'}")


def _body(config: ConfigFile, case: Case) -> dict[str, Any]:
    condition = conditions_of(config)[case.condition]
    verb = "holds" if case.holds else "fails"
    body: dict[str, Any] = {
        "name": _said(condition, case.holds),
        "visitor": case.record,
        "match": case.matched,
    }
    if case.matched:
        body["score"] = case.score
    name = " ".join(condition_words(condition))
    # A name means every condition that begins so; all of them must be as this one is.
    if all(case.held[it] == case.holds for it in named_conditions(name, config)):
        body[verb] = [name]
    return body
