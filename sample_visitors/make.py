"""Makes the sample visitors: `python sample_visitors/make.py [FOLDER]`, always the same bytes.

All invented; the first companies come most. Change a table, run this, commit what it wrote.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from bisect import bisect_left
from codecs import BOM_UTF8
from collections import namedtuple
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unicodedata import normalize
from urllib.parse import quote

T = TypeVar("T")
to_json = json.JSONEncoder(ensure_ascii=False).encode
SITE = "https://www.example.com"
LAST_SEEN = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)

Company = namedtuple("Company", "name domain industry employees country region city postal_code")
COMPANIES = """
Northwind Analytics|northwind-analytics.example|Software|180|US|California|San Francisco|94105
Brightfold|brightfold.example|SaaS|640|US|New York|New York|10001
Alpen Maschinenbau GmbH|alpen-maschinenbau.example|Maschinenbau|820|DE|Bayern|München|80331
Kestrel University|kestrel-university.example|Education|3800|GB|England|Leeds|LS2 9JT
Ledgerlane|ledgerlane.example|FinTech|240|GB|England|London|EC2A 4BX
Corvid Cloud|corvidcloud.example|Software|5400|US|Washington|Seattle|98101
Mesa County Services|mesa-services.example|Government|1200|US|Arizona|Phoenix|85001
Sankt Raphael Kliniken|sankt-raphael.example|Hospitals|4200|AT|Wien|Wien|1010
Müller & Söhne KG|müller-söhne.example|Manufacturing|310|DE|Baden-Württemberg|Stuttgart|70173
Clínica del Mar|clinicadelmar.example|Hospitals|560|ES|Cataluña|Barcelona|08001
Fabbrica Nove|fabbricanove.example|Manufacturing|35|IT|Lombardy|Milan|20121
Tidepool Health|tidepool-health.example|Healthcare|8|IN|Karnataka|Bengaluru|560001
Lumière Média|lumiere-media.example|Media|75|FR|Île-de-France|Paris|75002
Harbour Mutual|harbourmutual.example|Insurance|3100|GB|Scotland|Edinburgh|EH1 1YZ
Nordlys Pay|nordlyspay.example|FinTech|130|NO|Oslo|Oslo|0150
Copperline Bank|copperlinebank.example|Banking|900|US|North Carolina|Charlotte|28202
Vantry|vantry.example|Software|2300|IE|Leinster|Dublin|D02 X285
Zürcher Präzision AG|zuercher-praezision.example|Metallverarbeitung|150|CH|Zürich|Zürich|8001
Peregrine Payments|peregrinepay.example|FinTech|410|US|Texas|Austin|78701
Stahlwerk Köln GmbH|stahlwerk-köln.example|Manufacturing|1900|DE|Nordrhein-Westfalen|Köln|50667
Pinewell Clinics|pinewell.example|Hospitals|1350|US|Ohio|Columbus|43215
Donauwerk GmbH|donauwerk.example|Maschinenbau|60|AT|Oberösterreich|Linz|4020
Banco Araucária|banco-araucaria.example|Banking|15500|BR|São Paulo|São Paulo|01310-100
"""
COUNTRIES = {
    "AT": "Austria", "BR": "Brazil", "CH": "Switzerland", "DE": "Germany", "ES": "Spain",
    "FR": "France", "GB": "United Kingdom", "IE": "Ireland", "IN": "India", "IT": "Italy",
    "NO": "Norway", "US": "United States",
}  # fmt: skip

# first names, then last names; a country that is not here takes the English ones
ENGLISH = ("Ada Grace Maya Owen Priya Ruth Sam Theo", "Abbott Byrne Calder Ellis Hart Marsh Quinn")
NAMES = {
    "AT CH DE": ("Bruno Jörg Käthe Lena Matthias Zoë", "Bäcker Huber Keller Köhler Vogt"),
    "NO": ("Åsa Björn Freja Ida Lars", "Berg Dahl Håkansson Lind Sjöberg"),
    "BR ES FR IT": ("Beatriz Chloé Inês João Lucía René", "Araújo Lefèvre Moretti Núñez Rossi Sá"),
    "IN": ("Arjun Deepa Kavya Nikhil", "Iyer Menon Rao Shah"),
}
TITLES = {
    "Software|SaaS|Media": "CTO|VP of Engineering|VP Marketing|VP of Sales|Director of Product|"
    "Software Engineer|Data Engineer|RevOps Manager|Marketing Intern|Head of Data",
    "FinTech|Banking|Insurance": "Head of Payments|Director, IT & Security|Compliance Officer|"
    "VP of Risk|Head of Data|Product Owner|Risk Analyst|Finance Intern|Chief Risk Officer",
    "Manufacturing": "Plant Manager|Head of Production|Procurement Manager|"
    "Director of Operations|Quality Engineer|IT Manager|VP Supply Chain",
    "Maschinenbau|Metallverarbeitung": "Geschäftsführer|Leiterin Produktion|Einkaufsleiter|"
    "IT-Leiter|Werkstudentin|Head of Digital|Vertriebsleiterin",
    "Healthcare|Hospitals": "Medical Director|Head of Digital Health|Hospital CIO|IT Manager|"
    "Nursing Director|Practice Manager|Clinical Data Analyst",
    "Education": "Lecturer|Student|Head of IT|Research Fellow",
    "Government": "Program Manager|Head of IT|Data Protection Officer",
}
ANYWHERE = "CEO|COO|CFO|Marketing Manager|Head of Growth|Office Manager"
JUNIOR = "Intern|Student|student"
BUILDER = "Engineer|CTO|CIO|Architect|Data|IT"
SENIOR = "Chief|CEO|CFO|CIO|COO|CTO|Director|Geschäftsführer|Head|VP"

DOCS = ["/docs/getting-started", "/docs/api", "/docs/webhooks", "/docs/schema"]
BLOG = ["/blog/tour-planning", "/blog/icp-in-git", "/blog/lead-scoring-2026", "/blog/gdpr-basics"]
BUY = ["/", "/pricing", "/demo", "/customers", "/contact", "/signup", "/security", *BLOG[:2]]
BUILD = [*DOCS, *DOCS, "/integrations", "/security", "/pricing", *BLOG[1:3]]
READ = ["/", "/customers", "/integrations", "/careers", *BLOG, *BLOG, *DOCS[:2]]
APPLY = ["/", "/careers", "/careers", *BLOG[2:]]

UTM = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"]
SEARCH = "https://search.example/"
SOCIAL = "https://social.example/feed"
Channel = list[str | None]  # the five of UTM, then the referrer
DACH: Channel = ["linkedin", "social", "dach_retarget", None, None, SOCIAL]
DIRECT: Channel = [None] * 6
CHANNELS: list[Channel] = [
    *[DIRECT] * 6,
    ["google", "cpc", "q4_brand", "visitor identification", "banner_a", SEARCH],
    ["google", "cpc", "q4_crm", "crm lead scoring", "banner_b", SEARCH],
    ["bing", "cpc", "uk_fs", "it security", None, SEARCH],
    ["linkedin", "social", "exec_stories", None, "video_1", SOCIAL],
    ["newsletter", "email", "october_digest", None, "cta_top", None],
    ["newsletter", "email", "webinar-2024-recording", None, "cta_footer", None],
    ["partner", "referral", "integrations", None, None, "https://corvidcloud.example/partners"],
]

TOPS = [10, 50, 200, 500, 1000, 5000, 10000]
RANGES = "1-10|11-50|51-200|201-500|501-1,000|1,001-5,000|5,001-10,000|10,001+"

DIRTY = [  # b"" is the place of a good visitor
    b"", b"", b" ", b'{"visitor_id": "bad-cut", "industry": "Soft', b"",
    b'{"visitor_id": "bad-two-1"} {"visitor_id": "bad-two-2"}', b'["visitor_id", "bad-array"]',
    b'{"visitor_id": "bad-comma", "country": "DE",}', b"null",
    b'{"visitor_id": "bad-utf8", "city": "M\xfcnchen"}',
    b'{"visitor_id": "warned", "industry": "SaaS", "company_size": "lots", "country": "US"}',
    b'{"visitor_id": "bad-junk", "country": "FR"} // checked', b"",
    b'{"visitor_id": "bad-end", "pages": ["https://www.example.com/pri',
]  # fmt: skip


class Dice(Random):
    """Seeded chance, built on `random()` alone: the one sequence that Python promises to keep."""

    def low(self, draws: int = 1) -> float:
        """From 0 to below 1; the lowest of some draws, so more of them lean towards 0."""
        return min(self.random() for _ in range(draws))

    def pick(self, items: list[T], draws: int = 1) -> T:
        """One of the items; more draws lean towards the first."""
        return items[int(self.low(draws) * len(items))]


@dataclass(frozen=True)
class Visit:
    """What both formats tell; without a name or title where nobody knows who it was."""

    company: Company
    name: list[str]
    linkedin_url: str | None
    title: str | None
    pages: list[str]
    channel: Channel
    sessions: int
    seen: str


def visit(dice: Dice) -> Visit:
    """One visit, of somebody at one of the companies."""
    company = Company(*dice.pick(COMPANIES.strip().splitlines(), 2).split("|"))
    name, title, linkedin = [], "", None
    if dice.random() < 0.6:
        pools = next((both for key, both in NAMES.items() if company.country in key), ENGLISH)
        name = [dice.pick(pool.split()) for pool in pools]
        theirs = next(titles for key, titles in TITLES.items() if company.industry in key)
        title = dice.pick((theirs if dice.random() < 0.8 else ANYWHERE).split("|"))
        linkedin = f"https://www.linkedin.com/in/{quote('-'.join(name).lower())}-example/"
    interests = [BUY, READ] if title else [BUY, READ, READ, BUILD]
    if re.search(JUNIOR, title):
        interests = [APPLY]
    elif re.search(BUILDER, title):
        interests = [BUILD, BUILD, BUY, READ]
    paths = dice.pick(interests)
    walk = [dice.pick(paths) for _ in range(1 + int(8 * dice.low(2)))]
    pages = [SITE + to for came_from, to in zip(["", *walk], walk, strict=False) if to != came_from]
    dach = company.country in {"AT", "CH", "DE"} and dice.random() < 0.4
    channel = DACH if dach else dice.pick(CHANNELS)
    if channel[1] == "cpc" and dice.random() < 0.4:
        pages[0] += f"?utm_source={channel[0]}&utm_campaign={channel[2]}"
    sessions = 1 + int((10 if title else 4) * dice.low(3))
    seen = f"{LAST_SEEN - timedelta(days=113) * dice.low(2):%Y-%m-%dT%H:%M:%SZ}"
    return Visit(company, name, linkedin, title or None, pages, channel, sessions, seen)


def flat(dice: Dice, visitor_id: str) -> dict[str, Any]:
    """Make a visit a flat record whose keys are condition types."""
    seen = visit(dice)
    company = seen.company
    country = company.country
    if dice.random() < 0.1:
        country = dice.pick([COUNTRIES[country], COUNTRIES[country].upper()], 2)
    record: dict[str, Any] = {"visitor_id": visitor_id}
    record |= zip(UTM, seen.channel, strict=False)
    record |= {"pages": seen.pages, "page_view_count": len(seen.pages)}
    record |= {"session_count": seen.sessions, "last_seen_at": seen.seen}
    record |= {"country": country, "region": company.region, "city": company.city}
    if not seen.title and dice.random() < 0.65:
        return record  # only the address was known
    employees = int(company.employees)
    sizes = RANGES.split("|")[bisect_left(TOPS, employees)]
    dashed = sizes.replace("-", "\N{EN DASH}")
    rare = [(sizes, sizes), (dashed, sizes), (None, sizes), (employees, None)]
    size, shown = dice.pick(rare) if dice.random() < 0.25 else (employees, sizes)
    record |= {"industry": company.industry, "company_size": size, "domain": company.domain}
    record |= {"job_title": seen.title, "linkedin_url": seen.linkedin_url}
    record |= {"employee_size_range": shown, "company_city": company.city}
    record |= {"company_region": company.region, "company_postal_code": company.postal_code}
    if seen.title and dice.random() < 0.5:  # what another tool thought of them
        senior = bool(re.search(SENIOR, seen.title))
        score = int(30 + 35 * senior + 34 * dice.random())
        record |= {"icp_match": score >= 60, "persona_match": senior, "icp_score": score}
    return record


def webhook(dice: Dice, session_id: str) -> dict[str, Any]:
    """Make a visit the nested record of a visitor-identification webhook."""
    seen = visit(dice)
    company = seen.company
    first, last = seen.name or (None, None)
    source, medium, *_, referrer = seen.channel
    mailbox = normalize("NFKD", first or "").encode("ascii", "ignore").decode().lower()
    location = f"{company.city}, {company.region}, {COUNTRIES[company.country]}"
    return {
        "event": "visitor.identified", "timestamp": seen.seen,
        "organization_id": "org_abc123", "session_id": session_id,
        "visitor": {
            "email": f"{mailbox}@{company.domain}" if first else None,
            "first_name": first, "last_name": last, "job_title": seen.title,
            "linkedin_url": seen.linkedin_url, "location": location,
        },
        "company": {
            "name": company.name, "industry": company.industry,
            "employee_count": int(company.employees), "location": location,
            "domain": company.domain,
        },
        "session": {
            "landing_page": seen.pages[0], "pages_visited": seen.pages,
            "utm_source": source, "utm_medium": medium, "referrer": referrer,
            "device_type": dice.pick(["desktop", "mobile", "tablet"], 3),
        },
    }  # fmt: skip


CONTACT_COLUMNS = {
    "Role": "job_title",
    "Website": "domain",
    "Sector": "industry",
    "Headcount": "company_size",
    "Country": "country",
    "Last Visit": "last_seen_at",
}


def contacts(visitors: list[dict[str, Any]]) -> str:
    """Return the visitors whose job is known as the CSV of a CRM with its own columns."""
    known = [visitor for visitor in visitors if visitor.get("job_title")]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Contact ID", *CONTACT_COLUMNS, "Pages"])
    for number, visitor in enumerate(known, 1):
        values = [visitor[key] for key in CONTACT_COLUMNS.values()]
        writer.writerow([f"c{number:03}", *values, ";".join(visitor["pages"])])
    return text.getvalue()


def main(folder: Path) -> None:
    """Write the four files into the folder."""
    for name in ("_broken", "_crm"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    dice = Dice(2026)
    visitors = [flat(dice, f"v{number:03}") for number in range(1, 301)]
    flats = [to_json(visitor) + "\n" for visitor in visitors]
    hooks = [to_json(webhook(dice, f"sess_{number:03}")) + "\n" for number in range(1, 61)]
    dirty = [text or to_json(flat(dice, f"good-{at}")).encode() for at, text in enumerate(DIRTY, 1)]
    (folder / "visitors.jsonl").write_bytes("".join(flats).encode())
    (folder / "webhooks.jsonl").write_bytes("".join(hooks).encode())
    (folder / "_crm" / "contacts.csv").write_bytes(contacts(visitors).encode())
    (folder / "_broken" / "dirty.jsonl").write_bytes(BOM_UTF8 + b"\n".join(dirty))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
