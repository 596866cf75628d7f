"""Write icpctl/values/country_names.tsv from the Common Locale Data Repository (CLDR).

    npm pack cldr-core cldr-localenames-full    # then unpack each into a folder of its name
    python tools/country_names.py FOLDER

FOLDER holds the folders `cldr-core` and `cldr-localenames-full`. A line of the table is a code of
ISO 3166 and the country's names: those in English, then those in its own official languages.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pycountry

TABLE = Path(__file__).parent.parent / "icpctl" / "values" / "country_names.tsv"
HEADER = """\
# Names of countries: in English, then in each country's own official languages.
# Made by tools/country_names.py from CLDR {version} (cldr.unicode.org).
# Copyright 2004-2026 Unicode, Inc. SPDX-License-Identifier: Unicode-3.0 (unicode.org/license.txt)
"""
OFFICIAL = {"official", "de_facto_official", "official_regional"}
KOSOVO = "XK"


def main(folder: Path) -> None:
    """Write the table."""
    core = folder / "cldr-core"
    codes = sorted({country.alpha_2 for country in pycountry.countries} | {KOSOVO})
    territories = read(core / "supplemental" / "territoryInfo.json")["territoryInfo"]
    version = json.loads((core / "package.json").read_text())["version"]
    lines = ["\t".join([code, *names_of(code, territories, folder)]) + "\n" for code in codes]
    TABLE.write_text(HEADER.format(version=version) + "".join(lines), "utf-8")


def names_of(code: str, territories: dict[str, Any], folder: Path) -> list[str]:
    """Return a country's names, each once."""
    languages = territories[code].get("languagePopulation", {})
    own = [
        language.replace("_", "-")
        for language, facts in languages.items()
        if facts.get("_officialStatus") in OFFICIAL
    ]
    return list(dict.fromkeys(name for it in ("en", *own) for name in names_in(it, code, folder)))


def names_in(language: str, code: str, folder: Path) -> list[str]:
    """Return what a language calls a country; nothing where CLDR has no such language."""
    file = folder / "cldr-localenames-full" / "main" / language / "territories.json"
    if not file.exists():
        return []
    shown = read(file)[language]["localeDisplayNames"]["territories"]
    return [
        name
        for key, name in shown.items()
        if key.partition("-")[0] == code and name != code and not name.isdigit()
    ]


def read(file: Path) -> dict[str, Any]:
    """Return the part of a CLDR file that holds its data."""
    content = json.loads(file.read_text("utf-8"))
    found: dict[str, Any] = content.get("main") or content["supplemental"]
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
