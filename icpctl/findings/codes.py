"""The finding codes: what each means, with a bad and a good example. `describe` and docs read it.

0xx the file and its text, 1xx the structure, 2xx rules and values, 3xx warnings, 4xx settings,
5xx mappings, 8xx custom fields, 9xx the partner's API; features have theirs in `codes.py`.
A code is never given a second meaning.
"""

from __future__ import annotations

from importlib import import_module, resources
from typing import TYPE_CHECKING

from icpctl.findings.code import Code, Section
from icpctl.findings.extension_codes import EXTENSION_CODES
from icpctl.findings.mapping_codes import MAPPING_CODES
from icpctl.findings.rule_warnings import VALUE_CODES
from icpctl.findings.text_codes import TEXT_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


def _modules_of_features() -> Iterator[ModuleType]:
    """Yield the `codes.py` of features that have one, with its `SECTION` and `CODES`."""
    for folder in (resources.files("icpctl") / "features").iterdir():
        if (folder / "codes.py").is_file():
            yield import_module(f"icpctl.features.{folder.name}.codes")


_CODES = (
    Code(
        "ICP101",
        "a missing key",
        "A config needs `label` and `rules`, rules need `groups`, a group `operator` and "
        "`conditions`, a condition `type` and `comparator`. A null counts as missing.",
        "config",
        "label:\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP102",
        "an unknown key",
        "This key does not belong here. Misspelt keys are errors, so that none is silently "
        "ignored.",
        "config",
        "label: SaaS\npriorty: 1\n",
        "label: SaaS\npriority: 1\n",
    ),
    Code(
        "ICP103",
        "a value of the wrong kind",
        "The value has the wrong type: an object, a list or a text is expected here.",
        "config",
        "label: [SaaS]\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP104",
        "groups or conditions without an entry",
        "`groups` and `conditions` need at least one entry; otherwise nobody could match.",
        "file",
        "label: SaaS\nrules:\n  groups: []\n",
        "label: SaaS\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: industry, comparator: exists}\n",
    ),
    Code(
        "ICP105",
        "an empty label",
        "The label is what people read in lists and reports.",
        "config",
        'label: "  "\n',
        "label: SaaS\n",
    ),
    Code(
        "ICP106",
        "a priority that is not a whole number",
        "Priorities are whole numbers; lower comes first.",
        "config",
        "label: SaaS\npriority: 1.5\n",
        "label: SaaS\npriority: 2\n",
    ),
    Code(
        "ICP107",
        "a weight that is not greater than 0",
        "A weight says how much a condition adds to the score. Without one it is 1.",
        "condition",
        "{type: industry, comparator: exists, weight: 0}",
        "{type: industry, comparator: exists, weight: 0.5}",
    ),
    Code(
        "ICP108",
        "a gap in a list",
        "An entry of a list is empty or null.",
        "condition",
        "{type: industry, comparator: in, value: [SaaS, ~]}",
        "{type: industry, comparator: in, value: [SaaS]}",
    ),
    Code(
        "ICP109",
        "a minimum score outside 0 to 100",
        "Scores run from 0 to 100, so the lowest score that matches must be in that range.",
        "config",
        "label: SaaS\nminScore: 120\n",
        "label: SaaS\nminScore: 70\n",
    ),
    Code(
        "ICP201",
        "an unknown condition type",
        "`icpctl describe` lists the condition types.",
        "condition",
        "{type: company_sise, comparator: gte, value: 50}",
        "{type: company_size, comparator: gte, value: 50}",
    ),
    Code(
        "ICP202",
        "an unknown comparator",
        "`icpctl describe` lists the comparators.",
        "condition",
        "{type: company_size, comparator: ge, value: 50}",
        "{type: company_size, comparator: gte, value: 50}",
    ),
    Code(
        "ICP203",
        "a comparator that does not fit the type",
        "A text cannot be greater than a number, and a number cannot contain a text.",
        "condition",
        "{type: industry, comparator: gte, value: 50}",
        "{type: company_size, comparator: gte, value: 50}",
    ),
    Code(
        "ICP204",
        "an unknown operator",
        "A group's operator is `AND` or `OR`, in capitals.",
        "file",
        "label: SaaS\nrules:\n  groups:\n    - operator: and\n      conditions:\n"
        "        - {type: industry, comparator: exists}\n",
        "label: SaaS\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: industry, comparator: exists}\n",
    ),
    Code(
        "ICP205",
        "a missing value",
        "Every comparator but `exists` and `not_exists` needs a value.",
        "condition",
        "{type: industry, comparator: equals}",
        "{type: industry, comparator: equals, value: SaaS}",
    ),
    Code(
        "ICP206",
        "a value of the wrong shape",
        "Some comparators take one value, some a list, `between` takes `[min, max]`.",
        "condition",
        "{type: industry, comparator: equals, value: [SaaS, Software]}",
        "{type: industry, comparator: in, value: [SaaS, Software]}",
    ),
    Code(
        "ICP207",
        "a value that is not a number",
        "Numbers are written as in JSON: no thousands separators, no units, no leading zeros.",
        "condition",
        '{type: company_size, comparator: gte, value: "1,000"}',
        "{type: company_size, comparator: gte, value: 1000}",
    ),
    Code(
        "ICP208",
        "a value that is neither true nor false",
        "Booleans are true/false, yes/no, on/off or 1/0.",
        "condition",
        "{type: industry, comparator: exists, optional: maybe}",
        "{type: industry, comparator: exists, optional: false}",
    ),
    Code(
        "ICP209",
        "a number that is not finite",
        "Infinity, NaN and numbers above 1.8e308 cannot be compared.",
        "condition",
        "{type: company_size, comparator: lt, value: 1e999}",
        "{type: company_size, comparator: lt, value: 1000000}",
    ),
    Code(
        "ICP210",
        "a range that ends before it begins",
        "`between` takes the smaller number first.",
        "condition",
        "{type: company_size, comparator: between, value: [500, 50]}",
        "{type: company_size, comparator: between, value: [50, 500]}",
    ),
    Code(
        "ICP211",
        "an empty text",
        "Every text contains the empty text, and no visitor has an empty value.",
        "condition",
        '{type: job_title, comparator: contains, value: ""}',
        "{type: job_title, comparator: contains, value: Engineer}",
    ),
    Code(
        "ICP212",
        "an empty list of values",
        "A list comparator needs at least one value.",
        "condition",
        "{type: industry, comparator: in, value: []}",
        "{type: industry, comparator: in, value: [SaaS]}",
    ),
    Code(
        "ICP213",
        "a number that cannot occur",
        "The number is outside the range of the condition type: `icp_score` is 0 to 100.",
        "condition",
        "{type: icp_score, comparator: gte, value: 700}",
        "{type: icp_score, comparator: gte, value: 70}",
    ),
    Code(
        "ICP214",
        "a named list that cannot be used",
        "`{list: NAME}` means the lines of `lists/NAME.txt` in the folder of configs; an "
        "organization's own list comes first. A list that is missing, empty or not UTF-8 could "
        "match nobody.",
        "words",
        "`value: {list: competitors}` without a file `lists/competitors.txt`",
        "the same with `lists/competitors.txt`, one value per line",
    ),
    Code(
        "ICP215",
        "a path with a query or a fragment",
        "A `page_equals` value that begins with `/` is compared with the page's path alone, which "
        "has neither.",
        "condition",
        '{type: page_equals, comparator: equals, value: "/pricing?plan=1"}',
        "{type: page_equals, comparator: equals, value: /pricing}",
    ),
    Code(
        "ICP301",
        "a value that is listed twice",
        "The list repeats a value; letter case and outer spaces make no difference.",
        "condition",
        "{type: country, comparator: in, value: [US, CA, us]}",
        "{type: country, comparator: in, value: [US, CA]}",
    ),
    Code(
        "ICP302",
        "a group that matches everyone",
        "A group without required conditions matches every visitor, and so does its config, unless "
        "a `minScore` asks for some of them.",
        "condition",
        "{type: industry, comparator: exists, optional: true}",
        "{type: industry, comparator: exists}",
    ),
    Code(
        "ICP303",
        "a condition that is in its group twice",
        "Two conditions of a group have the same type, comparator and value. The second changes "
        "no match; if they differ in weight or `optional`, one of them is probably a mistake.",
        "file",
        "label: SaaS\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: country, comparator: equals, value: US}\n"
        "        - {type: country, comparator: equals, value: us}\n",
        "label: SaaS\nrules:\n  groups:\n    - operator: AND\n      conditions:\n"
        "        - {type: country, comparator: equals, value: US}\n",
    ),
    Code(
        "ICP304",
        "two active configs with the same priority",
        "The slug then decides which config comes first, and so which one is a visitor's `icp`.",
        "words",
        "`priority: 10` in `enterprise.yaml` and in `smb.yaml`, both active",
        "`priority: 10` in one and `priority: 20` in the other",
    ),
    Code(
        "ICP305",
        "two configs with the same label",
        "They look the same in lists and reports.",
        "words",
        "`label: SaaS` in `enterprise.yaml` and in `smb.yaml`",
        "`label: Enterprise SaaS` in one and `label: Small SaaS` in the other",
    ),
    Code(
        "ICP306",
        "two configs with the same rules",
        "They match the same visitors with the same scores, so the one that is lower in order is "
        "never a visitor's `icp`. The order of groups and conditions makes no difference.",
        "words",
        "a copy of a config in which only the label was changed",
        "different rules in the copy",
    ),
    Code(
        "ICP307",
        "a page that is not an address",
        "A `page_equals` value is a path that begins with `/`, or a whole "
        "address. Any other text never equals a page, and no address contains a space.",
        "condition",
        "{type: page_equals, comparator: equals, value: pricing}",
        "{type: page_equals, comparator: equals, value: /pricing}",
    ),
    Code(
        "ICP308",
        "a field of a test's visitor that is misspelt",
        "The mapping does not read this field but reads one with a similar name, so the test "
        "may not test what you meant. Fields that resemble no known field are ignored without a "
        "warning.",
        "words",
        "`visitor: {industri: SaaS}` in a file of tests",
        "`visitor: {industry: SaaS}`",
    ),
    *VALUE_CODES,
    Code(
        "ICP399",
        "more findings than are shown",
        "At most 1,000 findings are shown per file. Fix these first, and check that the file "
        "really is a config.",
        "words",
        "A list of numbers with a thousand words in it",
        "a list of numbers",
    ),
    Code(
        "ICP401",
        "an unknown setting",
        "Settings are `dir`, `org`, `visitors`, `mapping`, `case_sensitive`, `require_fields`, "
        "`api` and `tiers`.",
        "settings",
        'directory = "configs"\n',
        'dir = "configs"\n',
    ),
    Code(
        "ICP402",
        "a setting of the wrong type",
        "`case_sensitive`, `require_fields` and `api` are true or false, `visitors` and "
        "`mapping` a text or a list of texts, `tiers` a table of numbers; the others are texts.",
        "settings",
        'case_sensitive = "no"\n',
        "case_sensitive = false\n",
    ),
    Code(
        "ICP403",
        "a settings file that cannot be read",
        "The file is not valid TOML, or you have no permission to read it.",
        "settings",
        "dir = configs\n",
        'dir = "configs"\n',
    ),
)

CODES: dict[str, Code] = {
    code.name: code for code in (*TEXT_CODES, *_CODES, *MAPPING_CODES, *EXTENSION_CODES)
}
"""Every code, in order."""

SECTIONS = [
    Section("ICP0", "The file and its text", "Problems found before the config itself is read."),
    Section("ICP1", "The structure", "Keys, objects and lists."),
    Section("ICP2", "Rules and values", "What a condition says."),
    Section(
        "ICP3",
        "Warnings",
        "The config is valid and is used, but it may not mean what you want. `--strict` treats "
        "warnings as errors.",
    ),
    Section("ICP4", "Settings", "`icpctl.toml`, or `[tool.icpctl]` in `pyproject.toml`."),
    Section(
        "ICP5", "Mappings", "Files that say where an export keeps the fields: `docs/mappings.md`."
    ),
    Section("ICP8", "Custom fields", "`fields.yaml` in a folder of configs: `docs/fields.md`."),
    Section("ICP9", "The partner's API", "`icpctl validate --api`: what the API does not support."),
]
"""What codes are about, by how they begin, in order."""

for _feature in _modules_of_features():
    SECTIONS.append(_feature.SECTION)
    CODES |= {code.name: code for code in _feature.CODES}
SECTIONS.sort(key=lambda section: section.prefix)
CODES = dict(sorted(CODES.items()))
