"""The fields of a visitor in the benchmarks, and the date that counts as now."""

AS_OF = "2026-11-23T12:00:00Z"

TEXTS = (
    *("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"),
    *("country", "region", "city", "industry", "domain", "job_title", "linkedin_url"),
    *("employee_size_range", "company_city", "company_region", "company_postal_code"),
)
ORDER = (
    *("visitor_id", *TEXTS[:5], "pages", "page_view_count", "session_count", "last_seen_at"),
    *(*TEXTS[5:10], "company_size", *TEXTS[10:], "icp_match", "persona_match", "icp_score"),
)
"""In the order in which a flat record has them."""
