"""Makes the sample of outcomes: `python sample_visitors/make_outcomes.py [FOLDER]`.

Visitors of invented companies and what became of them, always the same bytes. Planted: software and
fintech companies, companies of 200 people and more, and those who read /pricing become customers
more often than others; a quarter of what happens is chance. Besides, deals of the companies in
visitors.jsonl, and a few that no visitor has.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from make import COMPANIES, LAST_SEEN, SITE, Company, Dice, to_json

COUNT = 420
"""Companies."""

FIRST = "Amber Birch Cedar Delta Ember Fjord Grove Heron Indigo Juniper Larch Maple North Opal".split()
SECOND = "bridge brook cliff field ford gate harbor hill lake mill point ridge stone wood".split()
INDUSTRIES = "Software SaaS FinTech Banking Manufacturing Healthcare Media Education".split()
COUNTRIES = "US US US GB DE DE FR NL SE ES".split()
TITLES = "CTO|VP of Sales|RevOps Manager|Head of Data|Marketing Manager|Software Engineer|Intern"
SOURCES = ["google", "google", "linkedin", "newsletter", None, None, None]
PAGES = ["/", "/blog/tour-planning", "/customers", "/integrations", "/careers", "/docs/api", "/demo"]
STAGES = ["Negotiation", "Proposal"]


def companies(dice: Dice) -> list[dict[str, Any]]:
    """Invented companies, each with its own domain."""
    names = [(first, second) for first in FIRST for second in SECOND]
    made = []
    for number in range(COUNT):
        first, second = names[number % len(names)]
        suffix = "" if number < len(names) else "-group"
        made.append(
            {
                "domain": f"{first.lower()}{second}{suffix}.example",
                "industry": dice.pick(INDUSTRIES),
                "company_size": int(10 * 2 ** (9 * dice.random())),
                "country": dice.pick(COUNTRIES),
                "reads_pricing": dice.random() < 0.35,
            }
        )
    return made


def chance_of_deal(company: dict[str, Any]) -> float:
    """How likely a company is to buy: the planted rule."""
    fits = [
        company["industry"] in ("Software", "SaaS", "FinTech"),
        company["company_size"] >= 200,
        company["reads_pricing"],
    ]
    return (0.02, 0.08, 0.3, 0.7)[sum(fits)]


def visitors_of(dice: Dice, company: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """One to four visitors of a company; one of them has read /pricing if the company did."""
    count = 1 + int(4 * dice.low(2))
    reader = int(count * dice.random())
    made = []
    for place in range(count):
        paths = [dice.pick(PAGES) for _ in range(1 + int(5 * dice.low(2)))]
        if company["reads_pricing"] and place == reader:
            paths.append("/pricing")
        seen = LAST_SEEN - timedelta(days=30 + 150 * dice.random())
        made.append(
            {
                "visitor_id": f"o{number:03}-{place + 1}",
                "domain": company["domain"],
                "industry": company["industry"],
                "company_size": company["company_size"],
                "country": company["country"],
                "job_title": dice.pick(TITLES.split("|")) if dice.random() < 0.7 else None,
                "utm_source": dice.pick(SOURCES),
                "pages": [SITE + path for path in paths],
                "page_view_count": len(paths),
                "session_count": 1 + int(6 * dice.low(3)),
                "last_seen_at": f"{seen:%Y-%m-%dT%H:%M:%SZ}",
            }
        )
    return made


def deal_of(dice: Dice, domain: str, number: int, chance: float) -> list[str] | None:
    """A row of the CRM's list, or None where sales never talked to the company."""
    won = dice.random() < chance
    if not won and dice.random() < 0.45:
        return None
    stage = "Closed Won" if won else "Closed Lost"
    if not won and dice.random() < 0.1:
        stage = dice.pick(STAGES)
    closed = LAST_SEEN - timedelta(days=29 * dice.random())
    amount = str(1000 * (5 + int(60 * dice.low(2)))) if won else ""
    written = f"https://www.{domain}/" if dice.random() < 0.2 else domain
    return [f"D-{number:04}", written, stage, f"{closed:%Y-%m-%d}", amount]


def main(folder: Path) -> None:
    """Write the two files into the folder."""
    dice = Dice(2027)
    made = companies(dice)
    visitors = [v for n, company in enumerate(made, 1) for v in visitors_of(dice, company, n)]
    known = [(company["domain"], chance_of_deal(company)) for company in made]
    known += [(Company(*line.split("|")).domain, 0.4) for line in COMPANIES.strip().splitlines()]
    known += [(f"never-seen-{number}.example", 0.5) for number in range(1, 13)]
    rows = [deal_of(dice, domain, n, chance) for n, (domain, chance) in enumerate(known, 1)]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Deal ID", "Company Domain Name", "Deal Stage", "Close Date", "Amount"])
    writer.writerows(row for row in rows if row)
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{to_json(visitor)}\n" for visitor in visitors)
    (folder / "visitors.jsonl").write_bytes(lines.encode())
    (folder / "deals.csv").write_bytes(text.getvalue().encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "_outcomes")
