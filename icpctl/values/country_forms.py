"""Countries as equality compares them: every name and ISO 3166 code stands for the country.

Names are those of ISO 3166 (as pycountry keeps them), of CLDR in English and in the country's own
languages (`country_names.tsv`), and a few more in common use.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from icpctl.values.text_forms import composed, decomposed, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import pyarrow as pa

LONGEST_CODE = 3
"""Letters of the longest ISO 3166 codes; every name in ASCII has more, but for `UK` and `UAE`."""

IGNORED = "".join(
    character
    for low, high in ((0x01, 0xFF), (0x2000, 0x206F), (0x3000, 0x303F))
    for character in map(chr, range(low, high + 1))
    if not character.isalnum()
)
"""What does not count in names: spaces and signs of the blocks ASCII, Latin-1, General Punctuation,
and CJK Symbols and Punctuation. Other signs do, so a text with an emoji is not a country's name."""

_INITIALS = re.compile(r"[a-z](?:\. ?[a-z]){1,2}\.?")
_NOT_LETTERS = re.compile("[. ]")
_SIGNS = re.compile(f"[{re.escape(IGNORED)}]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_NARROW = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
"""Letters and signs of full width, to those of ASCII."""

_LEADING = re.compile(
    "(?:north|south|east|west|central|(?:.* )?republic of(?: the)?|(?:.* )?(?:states|kingdom) of"
    "|state of) "
)
"""Words that lists put after a comma: `Korea, South`, `Congo, Democratic Republic of the`."""

# Names in common use that neither ISO 3166-1 nor CLDR lists.
_OTHER_NAMES = {
    "Great Britain": "GB",
    "USA": "US",
    "UAE": "AE",
    "United States of America": "US",
    "North Korea": "KP",
    "Macedonia": "MK",
    "Burma": "MM",
    "Vatican": "VA",
    "Holland": "NL",
    "Macau": "MO",
    "Macau SAR": "MO",
    "Macao SAR": "MO",
    "Hong Kong SAR": "HK",
    "Democratic Republic of the Congo": "CD",
    "DR Congo": "CD",
    "Congo": "CG",
    "Republic of the Congo": "CG",
    "Republic of Ireland": "IE",
    "Timor Leste": "TL",
    "St Helena": "SH",
}


def country(text: str) -> str:
    """Return the alpha-2 code (upper case) of the country that a text names, else the text.

    Letter case, accents and `IGNORED` do not count in names. A text that names none keeps a NUL at
    its end, so that it can equal no code.
    """
    return country_code(text) or f"{text}\0"


def country_code(text: str) -> str | None:
    """Return the alpha-2 code of the country that a text names, None if it names none."""
    name = unaccented(text)
    if _INITIALS.fullmatch(name.strip()):
        name = _NOT_LETTERS.sub("", name)
    letters = _letters(name)
    is_other = len(letters) <= LONGEST_CODE and letters != name.strip()
    return None if is_other else _codes().get(letters)


def country_column(texts: pa.Array) -> pa.Array:
    """Return `country` of each text. Most are words or codes, without a sign between them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    from icpctl.values.text_search import with_bytes

    letters = pc.ascii_trim(pc.ascii_lower(texts), " ")
    has_the = pc.or_(pc.starts_with(letters, "the "), pc.ends_with(letters, " the"))
    is_other = pc.or_(pa.array(with_bytes(letters, _signs)), has_the)
    names, codes = names_and_codes()
    places = pc.index_in(letters, value_set=pa.array(names, pa.string()))
    known = pa.array(codes, pa.string()).take(places)
    form = pc.coalesce(known, pc.binary_join_element_wise(texts, "\0", ""))
    made = map(country, texts.filter(is_other).to_pylist())
    return pc.replace_with_mask(form, is_other, pa.array(made, pa.string()))


def _signs(data: np.ndarray) -> np.ndarray:
    """Return which bytes are neither letters nor digits of ASCII nor a single space."""
    is_letter = data - ord("a") <= ord("z") - ord("a")  # what is below wraps round
    is_digit = data - ord("0") <= ord("9") - ord("0")
    is_space = data == ord(" ")
    is_space[1:] &= ~is_space[:-1]
    signs: np.ndarray = ~(is_letter | is_digit | is_space)
    return signs


def names_and_codes() -> tuple[list[str], list[str]]:
    """Return what `country` knows: names and codes as letters, and the alpha-2 code of each."""
    return list(_codes()), list(_codes().values())


def unaccented(name: str) -> str:
    """Return a text in letters of usual width, without letter case and accents."""
    letters = composed(name.translate(_NARROW)).casefold()
    return composed(_ACCENTS.sub("", decomposed(letters)))


def _letters(plain: str) -> str:
    """Return a country's name reduced to what people agree on: words without punctuation."""
    words = _SIGNS.sub(" ", plain.replace("&", " and ")).strip()
    return words.removeprefix("the ").removesuffix(" the")


@cache
def _codes() -> dict[str, str]:
    """Return every name and code of a country, as letters, and the country's alpha-2 code.

    A name that two countries share is left out, but their codes and the names in common use win.
    """
    owners: dict[str, set[str]] = defaultdict(set)
    for code, names in _names():
        for letters in _spellings(names):
            owners[letters].add(code)
    known = {letters: codes.pop() for letters, codes in owners.items() if len(codes) == 1}
    for name, code in _OTHER_NAMES.items():
        known |= dict.fromkeys(_spellings([name]), code)
    return known | _iso_codes()


def _spellings(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        letters = _letters(unaccented(visible(name)))
        yield letters
        if leading := _LEADING.match(letters):
            yield f"{letters[leading.end() :]} {leading[0].strip()}".removesuffix(" the")


def _names() -> Iterator[tuple[str, list[str]]]:
    """Yield the names of each country by ISO 3166 and by CLDR."""
    import pycountry

    for entry in pycountry.countries:
        keys = ("name", "official_name", "common_name")
        names = [getattr(entry, key, entry.name) for key in keys]
        # "Korea, Republic of" is also written "Republic of Korea".
        parts = [name.partition(", ") for name in names]
        inverted = [f"{rest} {head}" for head, _, rest in parts if rest]
        yield entry.alpha_2, names + inverted
    table = Path(__file__).with_name("country_names.tsv")
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, *names = line.split("\t")
            yield code, [name for name in names if not _is_like_a_code(name)]


def _is_like_a_code(name: str) -> bool:
    """Return whether a name is as short as a code, which others may have (`RA` in Gaelic)."""
    return name.isascii() and len(name) <= LONGEST_CODE


def _iso_codes() -> dict[str, str]:
    import pycountry

    codes = {
        code.lower(): entry.alpha_2
        for entry in pycountry.countries
        for code in (entry.alpha_2, entry.alpha_3, entry.numeric)
    }
    return codes | {"uk": "GB", "xk": "XK", "xkx": "XK"}
