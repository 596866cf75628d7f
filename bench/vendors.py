"""What vendors' mappings cost: `python -m bench.vendors FLAT.jsonl [ROWS]`.

The same visitors are scored as flat records and in vendors' formats. RATIO is to the mere parse of
the same file, RELATIVE to the flat records. GA4's are events, which are rolled up to visitors; what
its mapping costs is seen beside flat records that are rolled up too. Processor seconds of all
threads, the best of three.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from msgspec.structs import replace

from icpctl.config.model import IcpConfig
from icpctl.mappings.loading import load_mapping
from icpctl.mappings.paths import parse_path
from icpctl.scoring.run import Options, score

if TYPE_CHECKING:
    from collections.abc import Callable

AS_OF = datetime.fromisoformat("2026-11-23T12:00:00Z")
OPTIONAL = [
    {"type": "country", "comparator": "in", "value": ["US", "DE"]},
    {"type": "page_contains", "comparator": "has_any", "value": ["/pricing", "/demo"]},
    {"type": "last_seen_days", "comparator": "lte", "value": 30},
    {"type": "job_title", "comparator": "contains", "value": "VP"},
    {"type": "domain", "comparator": "ends_with", "value": ".example"},
    {"type": "employee_size_range", "comparator": "in", "value": ["51-200", "201-500"]},
    {"type": "page_view_count", "comparator": "gte", "value": 2},
    {"type": "utm_source", "comparator": "equals", "value": "google"},
    {"type": "city", "comparator": "equals", "value": "Berlin"},
    {"type": "region", "comparator": "exists"},
    {"type": "linkedin_url", "comparator": "exists"},
]
CONFIG = {
    "label": "All fields",
    "rules": {
        "groups": [
            {
                "operator": "OR",
                "conditions": [
                    {"type": "industry", "comparator": "in", "value": ["Software", "SaaS"]},
                    {"type": "company_size", "comparator": "gte", "value": 50},
                    *({**it, "optional": True} for it in OPTIONAL),
                ],
            }
        ]
    },
}


def flat(visitor: dict[str, Any], _: int) -> dict[str, Any]:
    return visitor


def bullseye(visitor: dict[str, Any], _: int) -> dict[str, Any]:
    place = f"{visitor['city']}, {visitor['region']}, {visitor['country']}"
    return {
        "event": "visitor.identified",
        "timestamp": visitor["last_seen_at"],
        "organization_id": "org",
        "session_id": visitor["visitor_id"],
        "visitor": {
            "job_title": visitor["job_title"],
            "linkedin_url": visitor["linkedin_url"],
            "location": place,
        },
        "company": {
            "industry": visitor["industry"],
            "employee_count": visitor["company_size"],
            "location": place,
            "domain": visitor["domain"],
        },
        "session": {
            "pages_visited": visitor["pages"],
            "utm_source": visitor["utm_source"],
            "utm_medium": visitor["utm_medium"],
        },
    }


def midbound(visitor: dict[str, Any], number: int) -> dict[str, Any]:
    time_ms = _ms(visitor) + number % 1000
    pages = [
        {"signal": "pageview", "url": page, "ts": time_ms, "v": "1", "title": "Example"}
        for page in visitor["pages"] or []
    ]
    place = {key: visitor[key] for key in ("country", "city", "region")}
    return {
        "id": f"evt_{number}",
        "type": "identity.session.finalized",
        "data": {
            "attribution": {"type": "website", "vid": visitor["visitor_id"]},
            "identity": {
                "emails": [],
                "linkedinUrl": visitor["linkedin_url"],
                "professional": {"jobTitle": visitor["job_title"]},
            },
            "session": {
                "vid": visitor["visitor_id"],
                "utm": {"source": visitor["utm_source"], "medium": visitor["utm_medium"]},
                "network": {"ip": "192.0.2.1", **place},
                "lastActivity": time_ms,
                "events": pages,
            },
        },
    }


def rb2b(visitor: dict[str, Any], number: int) -> dict[str, Any]:
    size = visitor["company_size"] if number % 2 else visitor["employee_size_range"]
    return {
        "LinkedIn URL": visitor["linkedin_url"],
        "Title": visitor["job_title"],
        "Website": visitor["domain"] and f"https://{visitor['domain']}",
        "Industry": visitor["industry"],
        "Employee Count": size,
        "City": visitor["city"],
        "State": visitor["region"],
        "Zipcode": visitor["company_postal_code"],
        "Seen At": visitor["last_seen_at"].removesuffix("Z") + ":00.00+00.00",
        "Captured URL": visitor["pages"] and visitor["pages"][-1],
    }


def hubspot(visitor: dict[str, Any], number: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "properties": {
            "jobtitle": visitor["job_title"],
            "website": visitor["domain"],
            "industry": visitor["industry"] and visitor["industry"].upper().replace(" ", "_"),
            "numemployees": visitor["employee_size_range"],
            "country": visitor["country"],
            "state": visitor["region"],
            "city": visitor["city"],
            "hs_analytics_num_page_views": str(visitor["page_view_count"]),
            "hs_analytics_last_url": visitor["pages"] and visitor["pages"][-1],
            "hs_analytics_last_visit_timestamp": visitor["last_seen_at"].replace("Z", ".000Z"),
        },
        "createdAt": visitor["last_seen_at"],
        "updatedAt": visitor["last_seen_at"],
    }


def ga4(visitor: dict[str, Any], number: int) -> dict[str, Any]:
    values = {"page_location": visitor["pages"] and visitor["pages"][-1], "ga_session_id": "17"}
    return {
        "event_timestamp": str(_ms(visitor) * 1000 + number % 7),
        "event_name": "page_view",
        "user_pseudo_id": visitor["visitor_id"],
        "event_params": [
            {"key": key, "value": {"string_value": value, "int_value": None}}
            for key, value in values.items()
        ],
        "geo": {key: visitor[key] for key in ("country", "region", "city")},
        "collected_traffic_source": {"manual_source": visitor["utm_source"]},
    }


def _ms(visitor: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(visitor["last_seen_at"]).timestamp() * 1000)


FORMATS = [(it, False) for it in (flat, bullseye, midbound, rb2b, hubspot)]
FORMATS += [(flat, True), (ga4, True)]
"""How visitors are written, and whether they are rolled up."""


def best(run: Callable[[], object]) -> float:
    """Processor seconds of the fastest of three runs."""
    times = []
    for _ in range(3):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return min(times)


def parse(file: Path) -> None:
    """The mere parse: every key of the records as text."""
    with file.open(encoding="utf-8") as lines:
        keys = json.loads(next(lines))
    columns = ", ".join(f"'{key}': 'VARCHAR'" for key in keys)
    with duckdb.connect() as connection:
        found = connection.sql(
            f"select * from read_json('{file}', format='newline_delimited', columns={{{columns}}})"
        )
        for _ in found.to_arrow_reader(122_880):
            pass


def main(source: Path, rows: int) -> None:
    """Print a line a format."""
    configs = [("all-fields", IcpConfig.model_validate(CONFIG))]
    by_visitor = replace(load_mapping(None), by=(parse_path("visitor_id"),))
    print("format      MB  parse  score  ratio  relative")
    with tempfile.TemporaryDirectory() as folder:
        first: dict[bool, float] = {}
        for to_format, is_rolled_up in FORMATS:
            file = Path(folder, f"{to_format.__name__}.jsonl")
            with source.open(encoding="utf-8") as lines, file.open("w", encoding="utf-8") as out:
                for number, line in enumerate(islice(lines, rows)):
                    visitor = json.loads(line)
                    visitor["last_seen_at"] = visitor["last_seen_at"] or "2026-11-01T00:00:00Z"
                    out.write(json.dumps(to_format(visitor, number)) + "\n")
            limit = best(partial(parse, file))
            options = Options(
                AS_OF, mapping=by_visitor if to_format is flat and is_rolled_up else None
            )
            spent = best(partial(score, [str(file)], configs, options))
            relative = spent / first.setdefault(is_rolled_up, spent)
            size = file.stat().st_size / 1e6
            print(
                f"{to_format.__name__:9} {size:5.0f} {limit:6.2f} {spent:6.2f} "
                f"{spent / limit:6.2f} {relative:9.2f}{'  rolled up' if is_rolled_up else ''}",
                flush=True,
            )
            file.unlink()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000)
