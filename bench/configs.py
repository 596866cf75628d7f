"""Makes folders of configs: `python -m bench.configs FOLDER COUNT...`, always the same bytes.

A config is kept when it matches 2 to 15 % of a sample; folder `COUNT` holds the first COUNT. They
ask for plain equality wherever icpctl has normal forms, so that simple peers can answer them too.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from bench import visitors
from bench.fields import AS_OF
from icpctl.config.model import IcpConfig
from icpctl.scoring.run import Options, score

LOW, HIGH = 0.02, 0.15
_SAMPLE = 10_000
_PAGES = [visitors.SITE + path for path in visitors.PATHS[:20]]


class Dice(Random):
    """Seeded chance, built on `random()` alone: the one sequence that Python promises to keep."""

    def number(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Any) -> Any:
        """One of the items."""
        return items[int(self.random() * len(items))]

    def some(self, items: Any, low: int, high: int) -> list[Any]:
        """Between `low` and `high` different items."""
        found: dict[Any, None] = {}
        count = self.number(low, high)
        while len(found) < count:
            found[self.pick(items)] = None
        return list(found)


def condition(dice: Dice, kind: str) -> dict[str, Any]:
    """A condition of the kind asked for, with values as a sales team would choose them."""
    countries = sorted({place[0] for place in visitors.PLACES})
    regions = sorted({place[1] for place in visitors.PLACES})
    cities = sorted({place[2] for place in visitors.PLACES})
    words = ["VP", "Head", "Director", "Engineer", "Market", "Sales", "Data", "Product", "Growth"]
    places = ["/pricing", "/demo", "/docs", "/blog", "/integrations", "/signup", "/contact"]
    ranges = [name for _, name in visitors.RANGES]
    thresholds = [10, 20, 25, 50, 100, 150, 200, 250, 300, 500, 750, 1000, 1500, 2000, 5000]
    low = dice.pick(thresholds)
    made = {
        "industry": ("industry", "in", dice.some(visitors.INDUSTRIES, 2, 8)),
        "no_industry": ("industry", "not_in", dice.some(visitors.INDUSTRIES, 1, 4)),
        "one_industry": ("industry", "equals", dice.pick(visitors.INDUSTRIES)),
        "country": ("country", "in", dice.some(countries, 1, 6)),
        "no_country": ("country", "not_in", dice.some(countries, 1, 3)),
        "region": ("region", "in", dice.some(regions, 1, 5)),
        "city": ("city", "in", dice.some(cities, 1, 4)),
        "company_region": ("company_region", "in", dice.some(regions, 2, 8)),
        "company_city": ("company_city", "not_equals", dice.pick(cities)),
        "postal": ("company_postal_code", "starts_with", str(dice.number(1, 99))),
        "title": ("job_title", "contains", dice.pick(words)),
        "title_start": ("job_title", "starts_with", dice.pick(["VP", "Head of", "Director"])),
        "no_title": ("job_title", "not_contains", dice.pick(["Junior", "Senior", "Legal"])),
        "has_title": ("job_title", "exists", None),
        "size": ("company_size", dice.pick(["gte", "gt"]), low),
        "small": ("company_size", dice.pick(["lte", "lt"]), low * 10),
        "between": ("company_size", "between", [low, low * dice.pick([4, 10, 20, 50])]),
        "range": ("employee_size_range", "in", dice.some(ranges, 1, 4)),
        "page": ("page_contains", "contains", dice.pick(places)),
        "pages": ("page_contains", "has_any", dice.some(places, 1, 3)),
        "all_pages": ("page_contains", "has_all", dice.some(places, 2, 2)),
        "no_page": ("page_contains", "not_contains", "/careers"),
        "this_page": ("page_equals", "in", dice.some(_PAGES, 1, 4)),
        "views": ("page_view_count", "gte", dice.number(2, 6)),
        "sessions": ("session_count", "gt", dice.number(1, 8)),
        "seen": ("last_seen_days", "lte", dice.pick([1, 2, 7, 14, 30, 45, 60, 90])),
        "source": ("utm_source", "in", dice.some(visitors.SOURCES, 1, 4)),
        "medium": ("utm_medium", "equals", dice.pick(visitors.MEDIUMS)),
        "campaign": ("utm_campaign", "starts_with", f"q{dice.number(0, 3)}_"),
        "term": ("utm_term", "contains", dice.pick(["crm", "scoring", "b2b", "tool"])),
        "content": ("utm_content", "not_exists", None),
        "domain": ("domain", "ends_with", f"{dice.number(0, 9)}.example"),
        "not_ours": ("domain", "not_in", [f"company-{n:05}.example" for n in range(3)]),
        "linkedin": ("linkedin_url", "exists", None),
        "persona": ("persona_match", "equals", True),
        "score": ("icp_score", "gte", dice.pick([20, 30, 40, 50, 60, 70])),
    }
    name, comparator, value = made[kind]
    found = {"type": name, "comparator": comparator, "value": value}
    return {key: it for key, it in found.items() if it is not None}


REQUIRED = (
    "industry industry no_industry one_industry country country no_country region company_region "
    "company_city title title no_title size size small between range page pages this_page views "
    "sessions seen seen source persona score postal not_ours"
).split()
OPTIONAL = (
    "title title_start has_title page pages all_pages no_page views sessions seen city source "
    "medium campaign term content domain linkedin persona score size range"
).split()


def config(dice: Dice, number: int) -> dict[str, Any]:
    """A candidate: one or two groups, six conditions on average."""
    groups = []
    for _ in range(dice.pick([1, 1, 1, 2])):
        is_or = dice.random() < 0.15
        required = dice.some(REQUIRED, 2, 3 if is_or else 4)
        conditions = [condition(dice, kind) for kind in dict.fromkeys(required)]
        for kind in dice.some(OPTIONAL, 1, 4):
            weight = dice.pick([0.5, 1, 1, 1, 2, 3])
            conditions.append({**condition(dice, kind), "optional": True, "weight": weight})
        groups.append({"operator": "OR" if is_or else "AND", "conditions": conditions})
    return {
        "label": f"Profile {number}",
        "priority": dice.number(1, 50),
        "rules": {"groups": groups},
    }


def make(count: int) -> list[dict[str, Any]]:
    """So many configs with a believable rate of matches."""
    dice = Dice(2026)
    kept: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "sample.jsonl")
        visitors.write(sample, _SAMPLE)
        while len(kept) < count:
            bodies = {f"c-{n:04}": config(dice, n) for n in range(count * 2)}
            models = [(slug, IcpConfig.model_validate(body)) for slug, body in bodies.items()]
            run = score([str(sample)], models, Options(datetime.fromisoformat(AS_OF)))
            rates = {it.slug: it.match_rate or 0 for it in run.report.configs}
            kept += [body for slug, body in bodies.items() if LOW <= rates[slug] <= HIGH]
    return kept[:count]


def main(folder: Path, counts: list[int]) -> None:
    """Write a folder of configs for each count."""
    bodies = make(max(counts))
    for count in counts:
        target = folder / f"configs-{count}"
        target.mkdir(parents=True, exist_ok=True)
        for number, body in enumerate(bodies[:count]):
            text = json.dumps(body, indent=2, ensure_ascii=False)
            Path(target, f"profile-{number:03}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(count) for count in sys.argv[2:]])
