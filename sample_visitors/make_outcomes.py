"""Makes the sample of outcomes: `python sample_visitors/make_outcomes.py [FOLDER]`.

Visitors of invented companies and what became of them, always the same bytes. Planted: software and
fintech companies, companies of 200 people and more, and those who read /pricing become customers
more often than others; but chance has its part. Besides, deals of the companies in
visitors.jsonl, and a few that no visitor has.
"""

from __future__ import annotations

import csv
import io
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from make import COMPANIES, LAST_SEEN, SITE, Company, Dice, to_json

COUNT = 700
"""Companies."""

FIRST = "Amber|Birch|Cedar|Delta|Ember|Fjord|Grove|Heron|Indigo|Juniper|Larch|Maple|North|Opal"
SECOND = "bridge|brook|cliff|field|ford|gate|harbor|hill|lake|mill|point|ridge|stone|wood"
SUFFIXES = ("", "-group", "-labs", "-works")
INDUSTRIES = "Software|SaaS|FinTech|Banking|Manufacturing|Healthcare|Media|Education"
COUNTRIES = "US|US|US|GB|DE|DE|FR|NL|SE|ES"
TITLES = "CTO|VP of Sales|RevOps Manager|Head of Data|Marketing Manager|Software Engineer|Intern"
SOURCES = ["google", "google", "linkedin", "newsletter", None, None, None]
PAGES = "/|/blog/tour-planning|/customers|/integrations|/careers|/docs/api|/demo"
STAGES = ["Negotiation", "Proposal"]


def companies(dice: Dice) -> list[dict[str, Any]]:
    """Invented companies, each with its own domain."""
    names = [(first, second) for first in FIRST.split("|") for second in SECOND.split("|")]
    made = []
    for number in range(COUNT):
        first, second = names[number % len(names)]
        suffix = SUFFIXES[number // len(names)]
        made.append(
            {
                "domain": f"{first.lower()}{second}{suffix}.example",
                "industry": dice.pick(INDUSTRIES.split("|")),
                "company_size": int(10 * 2 ** (9 * dice.random())),
                "country": dice.pick(COUNTRIES.split("|")),
                "reads_pricing": dice.random() < 0.5,
                "interested_at": LAST_SEEN - timedelta(days=40 + 180 * dice.random()),
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
    return (0.01, 0.05, 0.3, 0.9)[sum(fits)]


def visitors_of(dice: Dice, company: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """One to three visitors of a company; one of them has read /pricing if the company did."""
    count = 1 + int(3 * dice.low(2))
    reader = int(count * dice.random())
    made = []
    for place in range(count):
        paths = [dice.pick(PAGES.split("|")) for _ in range(1 + int(5 * dice.low(2)))]
        if company["reads_pricing"] and place == reader:
            paths[-1] = "/pricing"
        seen = company["interested_at"] - timedelta(days=30 * dice.random())
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


def deal_of(
    dice: Dice, domain: str, number: int, chance: float, interested_at: datetime
) -> list[str] | None:
    """A row of the CRM's list, or None where sales never talked to the company."""
    won = dice.random() < chance
    if not won and dice.random() < 0.45:
        return None
    stage = "Closed Won" if won else "Closed Lost"
    if not won and dice.random() < 0.1:
        stage = dice.pick(STAGES)
    closed = interested_at + timedelta(days=2 + 35 * dice.random())
    amount = str(1000 * (5 + int(60 * dice.low(2)))) if won else ""
    written = f"https://www.{domain}/" if dice.random() < 0.2 else domain
    return [f"D-{number:04}", written, stage, f"{closed:%Y-%m-%d}", amount]


def main(folder: Path) -> None:
    """Write the two files into the folder."""
    dice = Dice(2027)
    made = companies(dice)
    visitors = [v for n, company in enumerate(made, 1) for v in visitors_of(dice, company, n)]
    known = [(c["domain"], chance_of_deal(c), c["interested_at"]) for c in made]
    others = [Company(*line.split("|")).domain for line in COMPANIES.strip().splitlines()]
    others += [f"never-seen-{number}.example" for number in range(1, 13)]
    known += [(domain, 0.4, LAST_SEEN - timedelta(days=39)) for domain in others]
    rows = [deal_of(dice, name, n, *rest) for n, (name, *rest) in enumerate(known, 1)]
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
