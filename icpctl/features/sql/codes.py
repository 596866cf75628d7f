"""The finding codes of warehouse SQL, 7xx: files of columns, and what a dialect cannot express."""

from __future__ import annotations

from icpctl.findings.code import Code, Section

SECTION = Section(
    "ICP7",
    "Warehouse SQL",
    "`icpctl sql`: the file of `--columns`, and conditions that a dialect cannot express "
    "exactly (`docs/sql.md`).",
)

CODES = (
    Code(
        "ICP701",
        "an unknown field",
        "A file of columns names `id`, `last_seen`, `pages` and the condition types, where both "
        "page types read `pages`.",
        "columns",
        "company_sise: employees\n",
        "company_size: employees\n",
    ),
    Code(
        "ICP702",
        "an entry that is not a column",
        "A field has the name of its column, an object of `column` and `type`, or null where the "
        "table has no such column.",
        "columns",
        "industry: [industry, sector]\n",
        "industry: sector\n",
    ),
    Code(
        "ICP703",
        "a type that the column cannot have",
        "Types are `text`, `number`, `boolean`, `timestamp`, `list` (of texts) and `json`; "
        "`docs/sql.md` lists the types of each field.",
        "columns",
        "company_size: {column: employees, type: boolean}\n",
        "company_size: {column: employees, type: text}\n",
    ),
    Code(
        "ICP704",
        "a condition that the dialect cannot express exactly",
        "`icpctl sql` refuses to write SQL whose verdicts would differ from those of `icpctl "
        "score`. The finding says what the database lacks, and what to do instead where there "
        "is a way.",
        "words",
        "a list of texts in Redshift, which has no such columns",
        "the same field as a column of text",
    ),
)
