"""The finding codes about mapping files, 5xx."""

from __future__ import annotations

from icpctl.findings.code import Code

MAPPING_CODES = (
    Code(
        "ICP501",
        "an unknown field",
        "A mapping names the condition types, where both page types read `pages`, and `id`, "
        "`last_seen`, `title`, `extends`, `recognised_by`, `by`, `rollup_by`, `session`, "
        "`together`, `records`, `where`, `deals`, `contact` and `missing`.",
        "mapping",
        "company_sise: employees\n",
        "company_size: employees\n",
    ),
    Code(
        "ICP502",
        "a path that cannot be read",
        "A path is keys with dots between them; keys with dots, brackets or quotes in them are "
        "in quotes. Brackets hold nothing, a number, or a test such as `type=page`.",
        "mapping",
        'industry: "company..industry"\n',
        'industry: "company.industry"\n',
    ),
    Code(
        "ICP503",
        "an unknown conversion",
        "`docs/mappings.md` lists the conversions that `as` may name.",
        "mapping",
        "domain: {path: website, as: hostname}\n",
        "domain: {path: website, as: host}\n",
    ),
    Code(
        "ICP504",
        "an entry of the wrong shape",
        "A field has a path, a list of paths, or objects of `path` (or of `all`, several paths) "
        "with `as`, `split` or `map`, or of `constant`.",
        "mapping",
        "domain: {as: host}\n",
        "domain: {path: website, as: host}\n",
    ),
    Code(
        "ICP505",
        "a mapping without a field",
        "The file names no field of a visitor, so every visitor would lack everything.",
        "mapping",
        "title: Our export\n",
        "title: Our export\nindustry: industry\n",
    ),
    Code(
        "ICP506",
        "a path whose result the field cannot hold",
        "Numbers, dates and ids are one value each, pages are a list.",
        "mapping",
        'last_seen: "events[].time"\n',
        'last_seen: "events[-1].time"\n',
    ),
    Code(
        "ICP507",
        "an unknown mapping in `extends`",
        "`extends` names a built-in mapping, which `icpctl mappings` lists.",
        "mapping",
        "extends: hubspott\nindustry: sector\n",
        "extends: hubspot\nindustry: sector\n",
    ),
    Code(
        "ICP508",
        "a format that does not describe a date",
        "A `format` says the year, the month and the day: `%Y`, `%m` and `%d`, or `%b` for `Nov`.",
        "mapping",
        'last_seen: {path: seen, as: date, format: "%m/%d"}\n',
        'last_seen: {path: seen, as: date, format: "%m/%d/%Y"}\n',
    ),
)
