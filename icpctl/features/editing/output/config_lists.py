"""Configs as lists and one by one: `LISTS` and `SINGLES`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from icpctl.features.shared.condition_phrases import value_text
from icpctl.output.console import table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.config.model import Condition, ConfigFile
    from icpctl.output.console import ListFormat, SingleFormat


def body(config: ConfigFile, *, with_org: bool = False) -> dict[str, Any]:
    """Return a config as a resource: the API's body, its slug and the etag of its file."""
    org = {"organization": config.org} if with_org else {}
    return {"slug": config.slug, **org, **config.config.body(), "etag": config.etag}


def list_table(configs: Sequence[ConfigFile], *, with_org: bool) -> None:
    """Print one line per config."""
    columns = ["SLUG", "PRIORITY", "ACTIVE", "CONDITIONS", "LABEL"]
    rows = [
        [
            config.slug,
            "" if config.config.priority is None else str(config.config.priority),
            "yes" if config.config.is_active else "no",
            str(sum(len(group.conditions) for group in config.config.rules.groups)),
            config.config.label,
        ]
        for config in configs
    ]
    if with_org:
        columns.insert(0, "ORG")
        rows = [[it.org or "", *row] for it, row in zip(configs, rows, strict=True)]
    table(columns, rows, folds="LABEL")


def list_json(configs: Sequence[ConfigFile], *, with_org: bool) -> None:
    """Print an array of what `get -o json` prints."""
    print(_json([body(it, with_org=with_org) for it in configs]))


def list_yaml(configs: Sequence[ConfigFile], *, with_org: bool) -> None:
    """Print the same as YAML."""
    from icpctl.features.shared.text_layout import yaml_text

    bodies = [body(config, with_org=with_org) for config in configs]
    print(yaml_text(bodies), end="")


def list_names(configs: Sequence[ConfigFile], *, with_org: bool) -> None:
    """Print the slugs, after their organization where there may be several."""
    for config in configs:
        print(f"{config.org}/{config.slug}" if with_org and config.org else config.slug)


LISTS: dict[ListFormat, Callable[..., None]] = {
    "table": list_table,
    "json": list_json,
    "yaml": list_yaml,
    "name": list_names,
}


def single_yaml(config: ConfigFile) -> None:
    """Print the file as it is, byte for byte."""
    sys.stdout.flush()
    sys.stdout.buffer.write(config.data)


def single_json(config: ConfigFile) -> None:
    """Print the body with its slug and etag."""
    print(_json(body(config)))


def single_table(config: ConfigFile) -> None:
    """Print the config's fields and, below, its conditions."""
    model = config.config
    fields = {
        "slug": config.slug,
        "label": model.label,
        "priority": "" if model.priority is None else str(model.priority),
        "active": "yes" if model.is_active else "no",
        "file": str(config.path),
        "etag": config.etag,
    }
    table(["FIELD", "VALUE"], fields.items(), folds="VALUE")
    print()
    columns = ["GROUP", "OPERATOR", "TYPE", "COMPARATOR", "VALUE", "OPTIONAL", "WEIGHT"]
    table(
        columns,
        [
            [str(number), group.operator, *_cells(condition)]
            for number, group in enumerate(model.rules.groups, 1)
            for condition in group.conditions
        ],
        folds="VALUE",
    )


SINGLES: dict[SingleFormat, Callable[[ConfigFile], None]] = {
    "yaml": single_yaml,
    "json": single_json,
    "table": single_table,
}


def _cells(condition: Condition) -> list[str]:
    return [
        condition.type,
        condition.comparator,
        value_text(condition.value),
        "yes" if condition.optional else "",
        str(condition.weight),
    ]


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
