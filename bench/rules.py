"""Configs and visitors in the simple form that the peers' rules are written from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NUMBERS = ("page_view_count", "session_count", "company_size", "icp_score", "last_seen_days")
_NEGATIVES = {"not_equals": "in", "not_in": "in", "not_contains": "contains"}
_SAME = {"equals": "in", "has_any": "in", "not_exists": "exists"} | _NEGATIVES


@dataclass(frozen=True)
class Test:
    """A condition without its negation: `op` is in, contains, ..., `value` in lower case.

    On pages `in` means that some page equals a value, `any` and `all` that pages contain them.
    """

    field: str
    op: str
    value: Any
    negated: bool


@dataclass(frozen=True)
class Group:
    """A group: its tests, and the weights that go with them."""

    is_or: bool
    required: list[tuple[Test, float]]
    optional: list[tuple[Test, float]]

    @property
    def total(self) -> float:
        """The weight that a perfect visitor holds."""
        together = max if self.is_or else sum
        return together(w for _, w in self.required) + sum(w for _, w in self.optional)


@dataclass(frozen=True)
class Config:
    """One config."""

    slug: str
    priority: int
    groups: list[Group]


def load_configs(folder: Path) -> list[Config]:
    """The configs of a folder, in the order in which they count."""
    found = [_config(path.stem, json.loads(path.read_text("utf-8"))) for path in folder.iterdir()]
    return sorted(found, key=lambda config: (config.priority, config.slug))


def load_visitors(file: Path, as_of: datetime) -> Iterator[dict[str, Any]]:
    """Flat records as rules want them: lower case, numbers as numbers, days as a number."""
    with file.open("rb") as lines:
        for line in lines:
            record = json.loads(line)
            for key, value in record.items():
                if isinstance(value, str) and key != "visitor_id":
                    record[key] = value.lower()
            record["pages"] = [page.lower() for page in record["pages"] or ()]
            seen = datetime.fromisoformat(record["last_seen_at"].upper())
            record["last_seen_days"] = max((as_of - seen).days, 0)
            yield record


def row(visitor: str, matches: list[tuple[str, float]]) -> str:
    """One line of output, as `icpctl score` writes it."""
    icp, score = matches[0] if matches else (None, 0.0)
    found = [{"config": slug, "score": value} for slug, value in matches]
    line = {"id": visitor, "icp_match": bool(matches), "icp": icp, "icp_score": score}
    return json.dumps(line | {"matches": found}) + "\n"


def rounded(score: float) -> float:
    """Two decimals, half up."""
    return math.floor(score * 100 + 0.5) / 100


def _config(slug: str, body: dict[str, Any]) -> Config:
    groups = []
    for group in body["rules"]["groups"]:
        tests = [(_test(c), c.get("weight", 1), c.get("optional")) for c in group["conditions"]]
        required = [(test, weight) for test, weight, optional in tests if not optional]
        optional = [(test, weight) for test, weight, optional in tests if optional]
        groups.append(Group(group["operator"] == "OR", required, optional))
    return Config(slug, body["priority"], groups)


def _test(condition: dict[str, Any]) -> Test:
    comparator, value = condition["comparator"], condition.get("value")
    field, op = condition["type"], _SAME.get(comparator, comparator)
    if op == "in" and not isinstance(value, list):
        value = [value]
    value = [_lower(v) for v in value] if isinstance(value, list) else _lower(value)
    if field == "page_contains":
        op = "all" if op == "has_all" else "any"
        value = value if isinstance(value, list) else [value]
    field = "pages" if field in ("page_contains", "page_equals") else field
    return Test(field, op, value, comparator.startswith("not_"))


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
