"""The finding codes about files and their text, 0xx, before anything is known of a config."""

from __future__ import annotations

from icpctl.findings.code import Code

TEXT_CODES = (
    Code(
        "ICP001",
        "a file that cannot be read",
        "You have no permission to read the file, the file is damaged, or it is a folder, a "
        "pipe or a device.",
        "path",
        "a folder named `saas.yaml`",
        "a file named `saas.yaml`",
    ),
    Code(
        "ICP002",
        "a file over 1 MiB",
        "A config is a few kilobytes. A larger file is most likely not a config.",
        "path",
        "an export of visitors saved as `visitors.json` among the configs",
        "the export kept in another folder",
    ),
    Code(
        "ICP003",
        "text that is not UTF-8",
        "Configs are UTF-8, with or without a byte order mark. Some editors call UTF-16 `Unicode`.",
        "words",
        "a file saved as UTF-16 or Latin-1",
        "the same file saved as UTF-8",
    ),
    Code(
        "ICP004",
        "a control character",
        "The text has a character that editors do not show. Pasted text often carries one.",
        "file",
        "label: Enter\x08prise\n",
        "label: Enterprise\n",
    ),
    Code(
        "ICP005",
        "YAML that cannot be read",
        "The text is not valid YAML from here on, so nothing after this point is checked.",
        "config",
        "label: SaaS: enterprise\n",
        'label: "SaaS: enterprise"\n',
    ),
    Code(
        "ICP006",
        "JSON that cannot be read",
        "The text is not valid JSON from here on, so nothing after this point is checked. JSON "
        "has no "
        "comments, no commas at the end, and no NaN.",
        "words",
        '`{"label": "SaaS",}`',
        '`{"label": "SaaS"}`',
    ),
    Code(
        "ICP007",
        "a file without a config",
        "The file is empty or holds comments only.",
        "file",
        "# to be written\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP008",
        "a second document",
        "A `---` begins another document. One file is one config.",
        "config",
        "label: SaaS\n---\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP009",
        "a key that is given twice",
        "YAML and JSON readers disagree on which of the two counts, so remove one.",
        "config",
        "label: SaaS\nlabel: Software\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP010",
        "a YAML tag",
        "Tags such as `!!str` or `!!python/object` say how to read a value; here the field does.",
        "config",
        "label: !!str 2024\n",
        "label: 2024\n",
    ),
    Code(
        "ICP011",
        "an alias that cannot be followed",
        "An alias has no anchor above it, is inside its own anchor, or aliases of aliases "
        "grow past 10,000 nodes.",
        "config",
        "label: *name\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP012",
        "a merge key",
        "`<<` is not a key of a config. Aliases of whole values are read.",
        "config",
        "label: SaaS\n<<: {priority: 1}\n",
        "label: SaaS\npriority: 1\n",
    ),
    Code(
        "ICP013",
        "nesting that is too deep",
        "The text is nested deeper than 100 levels; a config has about six.",
        "words",
        "A file of 200 opening brackets",
        "A file with a config in it",
    ),
    Code(
        "ICP014",
        "a key that is not text",
        "A list, an object, an alias or nothing is where a key belongs. Often it is text that "
        "begins with `{` and lacks quotes.",
        "config",
        "label: {{ name }}\n",
        'label: "{{ name }}"\n',
    ),
    Code(
        "ICP015",
        "a file name that is not a slug",
        "A config's slug is its file's name without the extension: lower-case letters and digits, "
        "joined by single hyphens, at most 100 characters.",
        "path",
        "`Enterprise SaaS.yaml`",
        "`enterprise-saas.yaml`",
    ),
    Code(
        "ICP016",
        "two files with the same slug",
        "Two files in a folder differ only in their extension, so they have the same slug.",
        "path",
        "`saas.yaml` and `saas.json`",
        "`saas.yaml`",
    ),
    Code(
        "ICP017",
        "a slug that differs from the file name",
        "The file has a `slug`, as API responses do, and it is not the name of the file.",
        "config",
        "label: SaaS\nslug: enterprise\n",
        "label: SaaS\n",
    ),
    Code(
        "ICP018",
        "a link out of the folder",
        "A symbolic link leads out of the folder of configs. It is not followed.",
        "path",
        "`saas.yaml -> ../../elsewhere/saas.yaml`",
        "a copy of the file in the folder",
    ),
)
