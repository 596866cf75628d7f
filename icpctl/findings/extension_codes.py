"""Codes of what goes beyond the partner's API: named lists, custom fields, and `validate --api`."""

from __future__ import annotations

from icpctl.findings.code import Code

EXTENSION_CODES = (
    Code(
        "ICP801",
        "a custom field that is not complete",
        "`fields.yaml` is an object of fields. Each field has a `kind` and `paths`, and may "
        "have a `description`: `docs/fields.md`.",
        "fields",
        "annual_revenue: {kind: number}\n",
        "annual_revenue: {kind: number, paths: [company.annual_revenue]}\n",
    ),
    Code(
        "ICP802",
        "a name that a custom field cannot have",
        "The name of a custom field is a lower-case letter, then letters, digits and `_`. A "
        "condition asks for it as `field.NAME`.",
        "fields",
        "Annual Revenue: {kind: number, paths: [revenue]}\n",
        "annual_revenue: {kind: number, paths: [revenue]}\n",
    ),
    Code(
        "ICP803",
        "an unknown kind of custom field",
        "A custom field is `text`, `number`, `boolean` or `days` (whole days since a date).",
        "fields",
        "signed_up: {kind: date, paths: [signed_up_at]}\n",
        "signed_up: {kind: days, paths: [signed_up_at]}\n",
    ),
    Code(
        "ICP804",
        "an invalid path of a custom field",
        "Paths are written as in mappings: `docs/mappings.md`. A field with a single value "
        "needs a path that gives one.",
        "fields",
        "annual_revenue: {kind: number, paths: [company..revenue]}\n",
        "annual_revenue: {kind: number, paths: [company.revenue]}\n",
    ),
    Code(
        "ICP901",
        "what the API does not support",
        "With `--api`, or `api = true` in the settings, `icpctl validate` reports each extension: "
        "`weight`, `minScore`, `exclude`, named lists, lists of texts for `contains` and its like, "
        "`contains_word`, and custom fields.",
        "words",
        "`minScore: 50` in a config that is sent to the API",
        "the same config without it",
    ),
)
