"""Codes of warnings about the values of conditions."""

from __future__ import annotations

from icpctl.findings.code import Code

VALUE_CODES = (
    Code(
        "ICP309",
        "an invisible character in a value",
        "Zero-width characters, soft hyphens, direction marks and the like come with copied "
        "text. Comparisons ignore them, and nobody who reads the config can see them.",
        "condition",
        '{type: industry, comparator: equals, value: "Soft\\u200bware"}',
        "{type: industry, comparator: equals, value: Software}",
    ),
    Code(
        "ICP310",
        "spaces at the ends of a value",
        "Comparisons ignore white space at the ends of a value, so `' VP '` does not mean the "
        "whole word: it also matches `MVP`.",
        "condition",
        '{type: industry, comparator: contains, value: " Software"}',
        "{type: industry, comparator: contains, value: Software}",
    ),
    Code(
        "ICP311",
        "letters of two scripts in one word",
        "A letter of another script looks like the intended one but never equals it.",
        "condition",
        '{type: industry, comparator: equals, value: "S\\u043eftware"}',
        "{type: industry, comparator: equals, value: Software}",
    ),
    Code(
        "ICP312",
        "curly quotes around a value",
        "YAML knows only straight quotes. Other quotes are part of the value, and no visitor "
        "has them.",
        "condition",
        "{type: industry, comparator: equals, value: \u201cSoftware\u201d}",
        '{type: industry, comparator: equals, value: "Software"}',
    ),
    Code(
        "ICP313",
        "a few letters that many titles contain",
        "`contains` looks anywhere in a title: `CTO` is in `Director`, `VP` in `MVP`. "
        "`contains_word` finds whole words.",
        "condition",
        "{type: job_title, comparator: contains, value: CTO}",
        "{type: job_title, comparator: contains_word, value: CTO}",
    ),
    Code(
        "ICP314",
        "a value that looks like a pattern",
        "No comparator takes patterns: `*`, `^` and `%` are ordinary characters.",
        "condition",
        '{type: domain, comparator: equals, value: "*.de"}',
        "{type: domain, comparator: ends_with, value: .de}",
    ),
    Code(
        "ICP315",
        "several values in one text",
        "The comma is part of the text that is searched for. To search for several texts, write "
        "a list.",
        "condition",
        '{type: industry, comparator: contains, value: "Software, Banking"}',
        "{type: industry, comparator: contains, value: [Software, Banking]}",
    ),
    Code(
        "ICP316",
        "single words that are compared with whole titles",
        "`in`, `has_any`, `has_all` and `not_in` compare whole values: `CEO` is not "
        "`CEO & Founder`. `contains_word` finds words within titles.",
        "condition",
        "{type: job_title, comparator: in, value: [CEO, Head of Sales]}",
        "{type: job_title, comparator: contains_word, value: [CEO, Head of Sales]}",
    ),
    Code(
        "ICP317",
        "an unknown country",
        "The value is neither a name nor an ISO 3166 code of a country, so it equals only visitors "
        "who have the same text.",
        "condition",
        "{type: country, comparator: equals, value: Germny}",
        "{type: country, comparator: equals, value: Germany}",
    ),
    Code(
        "ICP318",
        "a URL where part of a domain is expected",
        "A visitor's domain is the host alone. Comparators such as `contains` and `ends_with` look "
        "for the value as it is written, so a scheme, `www.`, a port or a path is never found.",
        "condition",
        '{type: domain, comparator: contains, value: "https://acme.example"}',
        "{type: domain, comparator: contains, value: acme.example}",
    ),
)
