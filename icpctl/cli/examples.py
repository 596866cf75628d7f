"""Examples for the help of each command; the tests run every one of them."""

from __future__ import annotations

EXAMPLES: dict[str, tuple[tuple[str, str], ...]] = {
    "score": (
        ("Score an export, and write a row for every visitor",
         "icpctl score visitors.csv --out verdicts.csv"),
        ("Say why in every row, for matching visitors only",
         "icpctl score visitors.csv --out matches.csv --only-matched --why"),
        ("Write a page to send to people",
         "icpctl score visitors.csv --report report.html"),
    ),
    "explain": (
        ("Explain the visitor with an id",
         "icpctl explain visitors.csv --id v001"),
        ("Explain the visitor on line 7, for one config",
         "icpctl explain visitors.csv --line 7 --config enterprise-saas"),
    ),
    "stats": (
        ("Count visitors and matches by config and day",
         "icpctl stats visitors.csv"),
        ("Count those last seen since 1 November, also by country",
         "icpctl stats visitors.csv --from 2026-11-01 --by country"),
    ),
    "insight": (
        ("Show where all configs lose visitors",
         "icpctl insight visitors.csv"),
        ("Show the conditions of one config",
         "icpctl insight visitors.csv --config enterprise-saas"),
    ),
    "impact": (
        ("Compare the configs with those of the last commit",
         "icpctl impact visitors.csv --base HEAD"),
        ("Fail in CI if a change loses more than 5 % of the matches",
         "icpctl impact visitors.csv --base main --fail-on 'lost>5%'"),
    ),
    "outcomes": (
        ("Join visitors with the deals of a CRM",
         "icpctl outcomes visits.jsonl --won deals.csv"),
        ("Show what the best 50 accounts bring",
         "icpctl outcomes visits.jsonl --won deals.csv --capacity 50"),
    ),
    "suggest": (
        ("Suggest a config from won deals, and save it",
         "icpctl suggest visits.jsonl --won deals.csv > suggested.yaml"),
    ),
    "init": (
        ("Start in this folder, with values that occur in an export",
         "icpctl init --from visitors.csv"),
        ("Start in a new folder, with a check for GitHub",
         "icpctl init acme --ci github"),
    ),
    "create": (
        ("Create a config in words",
         'icpctl create "Mid-market" --where "company_size gte 50" --prefer "country in US, GB"'),
        ("Create a config from a file",
         "icpctl create large --file body.json"),
    ),
    "list": (
        ("List the active configs",
         "icpctl list --active"),
        ("Print all configs as JSON",
         "icpctl list -o json"),
    ),
    "get": (
        ("Print the file of a config",
         "icpctl get enterprise-saas"),
        ("Print its conditions as a table",
         "icpctl get enterprise-saas -o table"),
    ),
    "update": (
        ("Change the priority",
         "icpctl update enterprise-saas --priority 5"),
        ("Replace a condition, and look at the change first",
         'icpctl update enterprise-saas --drop "company_size gte 500"'
         ' --where "company_size gte 200" --dry-run'),
    ),
    "edit": (
        ("Open a config in your editor",
         "icpctl edit enterprise-saas"),
    ),
    "delete": (
        ("Delete a config without being asked",
         "icpctl delete enterprise-saas --yes"),
    ),
    "apply": (
        ("Show what a folder would change, then apply it",
         "icpctl apply new_configs --dry-run"),
        ("Copy the configs of another folder",
         "icpctl list --dir other_configs -o json | icpctl apply -"),
    ),
    "diff": (
        ("Show how the configs differ from those of another folder",
         "icpctl diff new_configs"),
    ),
    "inspect": (
        ("Show which field is read from where",
         "icpctl inspect visitors.csv"),
        ("Check a mapping of your own",
         "icpctl inspect export.csv --mapping mapping.yaml"),
    ),
    "mappings": (
        ("List the known formats",
         "icpctl mappings"),
        ("Start a mapping of your own from one of them",
         "icpctl mappings hubspot > mapping.yaml"),
    ),
    "rollup": (
        ("Make one visitor of all events with the same email",
         "icpctl rollup events.jsonl --by email --out visitors.jsonl"),
    ),
    "validate": (
        ("Check the folder of configs",
         "icpctl validate"),
        ("Treat warnings as errors, and annotate a pull request",
         "icpctl validate --strict -o github"),
    ),
    "test": (
        ("Run the tests of all configs",
         "icpctl test"),
        ("List the changes that no test of a config notices",
         "icpctl test enterprise-saas --mutate"),
    ),
    "prove": (
        ("Look for contradictions and conditions without effect",
         "icpctl prove"),
        ("Write visitors that show the findings",
         "icpctl prove --witnesses witnesses.jsonl"),
    ),
    "prove equivalent": (
        ("Compare two configs",
         "icpctl prove equivalent enterprise-saas mid-market-fintech"),
        ("Prove that a refactoring changes no verdict",
         "icpctl prove equivalent --base HEAD"),
    ),
    "prove witnesses": (
        ("Write tests at the boundaries of a config",
         "icpctl prove witnesses enterprise-saas > enterprise-saas.test.yaml"),
    ),
    "sql": (
        ("Print a SELECT for a table in PostgreSQL",
         "icpctl sql --dialect postgres --table visitors"),
        ("Write a view for BigQuery",
         "icpctl sql --dialect bigquery --table crm.visitors --as view --out verdicts.sql"),
    ),
    "schema": (
        ("Save the schema for an editor",
         "icpctl schema > icpctl.schema.json"),
    ),
    "describe": (
        ("Explain a condition type, a comparator or a finding code",
         "icpctl describe company_size"),
        ("List them all",
         "icpctl describe"),
    ),
    "completion": (
        ("Complete commands and slugs in this shell",
         "source <(icpctl completion bash)"),
    ),
}  # fmt: skip
"""For each command what an example does, and the example."""


def examples_of(command_path: str) -> tuple[tuple[str, str], ...]:
    """Return the examples of a command, named as it is called: `icpctl prove witnesses`."""
    return EXAMPLES.get(command_path.partition(" ")[2], ())
