"""The operations of a dialect, as most dialects write them."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from sqlglot import exp

from icpctl.features.sql.trees import RefusedError, case, double, text, whole
from icpctl.values import number_forms
from icpctl.values.text_forms import INVISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from icpctl.features.sql.trees import Tree

SPACES = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""All white space characters; Unicode has none above U+3000."""

_SPACE_CLASS = r"[\x{9}-\x{D}\x{1C}-\x{20}\x{85}\p{Z}]"
"""The same in the regular expressions of RE2, Java and Joni."""

_INVISIBLE = "".join(chr(code) for low, high in INVISIBLE for code in range(low, high + 1))

_LARGEST = repr(sys.float_info.max)
LONG = 2**63 - 1


class Dialect:
    """Operations on expression trees, which sqlglot writes: names and literals with them.

    What a dialect cannot do as the rules ask raises `RefusedError`.
    """

    name: str
    dotall = "(?s)"
    end = r"\z"
    letters = r"\p{L}\p{N}\p{M}"
    """Letters, digits and marks within a class of a pattern."""

    infinity = "Infinity"
    has_lists = True
    composes = False
    """Whether the dialect has a function that composes letters and accents (NFC)."""
    most_columns: int | None = None

    def computed_once(self, step: exp.Select) -> exp.Select:
        """Return a subquery whose columns are computed once per row, even if read several times."""
        return step

    def finished(self, tree: exp.Select) -> exp.Select:
        """Return the statement, with every text in it read literally.

        Raises `RefusedError` if a name would not be.
        """
        return tree

    # Texts

    def plain_text(self, source: Tree) -> Tree:
        """Return a column as text that compares by its characters."""
        return exp.cast(source, "TEXT")

    def visible(self, source: Tree) -> Tree:
        """Return a text trimmed, without invisible characters, runs of white space as one space."""
        seen = self.single_spaced(self.without_any(source, _INVISIBLE))
        return self.composed(exp.Trim(this=seen))

    def single_spaced(self, source: Tree) -> Tree:
        """Return a text with one space for each run of white space, as Unicode defines it."""
        return self.replaced_all(source, f"{_SPACE_CLASS}+", " ")

    def composed(self, source: Tree) -> Tree:
        """Return a text in NFC if the dialect `composes`, else the text unchanged."""
        return source

    def translated(self, source: Tree, characters: str, to: str) -> Tree:
        """Return a text with each of some characters replaced by the one at its position."""
        return exp.Translate(this=source, from_=text(characters), to=text(to))

    def lowered(self, source: Tree) -> Tree:
        """Return a text with A to Z lowered; other letters may be lowered or not."""
        return exp.Lower(this=source)

    def replaced(self, source: Tree, old: str, new: str) -> Tree:
        """Return a text with every `old` replaced."""
        return exp.Replace(this=source, expression=text(old), replacement=text(new))

    def replaced_all(self, source: Tree, pattern: str, new: str) -> Tree:
        """Return a text with every match of a pattern replaced."""
        return exp.RegexpReplace(this=source, expression=text(pattern), replacement=text(new))

    def matches(self, source: Tree, pattern: str) -> Tree:
        """Return whether a text matches a pattern somewhere."""
        return exp.RegexpLike(this=source, expression=text(pattern))

    def before(self, source: Tree, characters: str) -> Tree:
        """Return a text up to the first of some characters."""
        return self.replaced_all(source, f"{self.dotall}[{characters}].*", "")

    def contains(self, source: Tree, value: str) -> Tree:
        """Return whether a text contains another."""
        return exp.GT(this=exp.StrPosition(this=source, substr=text(value)), expression=whole(0))

    def contains_word(self, source: Tree, values: Sequence[str]) -> Tree:
        """Return whether a text contains one of some others as whole words."""
        wanted = "|".join(map(_quoted, values))
        before, after = f"(^|[^{self.letters}])", f"({self.end}|[^{self.letters}])"
        return self.matches(source, f"{before}({wanted}){after}")

    def starts_with(self, source: Tree, value: str) -> Tree:
        """Return whether a text begins with another."""
        return exp.StartsWith(this=source, expression=text(value))

    def ends_with(self, source: Tree, value: str) -> Tree:
        """Return whether a text ends with another."""
        return exp.EndsWith(this=source, expression=text(value))

    def without_any(self, source: Tree, characters: str) -> Tree:
        """Return a text without some characters."""
        return self.replaced_all(source, f"{self._class(characters)}+", "")

    def spaced(self, source: Tree, characters: str) -> Tree:
        """Return a text with a space for each run of some characters."""
        return self.replaced_all(source, f"{self._class(characters)}+", " ")

    def _class(self, characters: str) -> str:
        """Return characters as a class of a pattern."""
        ranges = _ranges(sorted(map(ord, characters)))
        shown = (
            self.escape(low) if low == high else f"{self.escape(low)}-{self.escape(high)}"
            for low, high in ranges
        )
        return f"[{''.join(shown)}]"

    def escape(self, code: int) -> str:
        """Return a character in a pattern."""
        return f"\\x{{{code:X}}}"

    # Numbers

    def number_of_text(self, source: Tree) -> Tree:
        """Return the double that a text spells by JSON's grammar, else NULL."""
        is_number = self.matches(source.copy(), f"^{number_forms.NUMBER}$")
        return case((is_number, self.finite(self.whole_number(source))))

    def whole_number(self, digits: Tree) -> Tree:
        """Return the double that a text of digits spells, infinite if it has too many digits."""
        return exp.TryCast(this=digits, to=exp.DataType.build("DOUBLE"))

    def finite(self, number: Tree) -> Tree:
        """Return a double, or NULL if it is infinite or not a number."""
        return case((self.is_finite(number), number))

    def is_finite(self, number: Tree) -> Tree:
        """Return whether a double is finite; every database sorts infinity and NaN as large."""
        return exp.LTE(this=exp.Abs(this=number), expression=double(_LARGEST))

    def whole_part(self, number: Tree) -> Tree:
        """Return a double that is not negative without its fraction."""
        return exp.Floor(this=number.copy())

    def divided(self, dividend: Tree, divisor: int) -> Tree:
        """Return the integer quotient of whole numbers, which must not be negative."""
        return exp.IntDiv(this=exp.paren(dividend, copy=False), expression=whole(divisor))

    def long(self, value: int, largest: int) -> Tree:
        """Return a whole number in a type that holds up to `largest`."""
        if largest > LONG:
            raise RefusedError(
                "the weights have too many digits: their sums do not fit into 64 bits",
                "write weights of fewer digits",
            )
        return exp.cast(whole(value), "BIGINT")

    # Lists

    def each(self, source: Tree, make: Callable[[Tree], Tree]) -> Tree:
        """Return a list with each element made into another."""
        return exp.Transform(this=source, expression=_function(make))

    def kept(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        """Return a list of the elements for which a condition holds."""
        return exp.ArrayFilter(this=source, expression=_function(holds))

    def any_of(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        """Return whether a condition holds for some element."""
        return self.is_filled(self.kept(source, holds))

    def is_filled(self, source: Tree) -> Tree:
        """Return whether a list has an element."""
        return exp.GT(this=exp.ArraySize(this=source), expression=whole(0))

    def pages_of_json(self, source: Tree) -> Tree:
        """Return the addresses in JSON: a text, or texts and objects (`url` or `path`)."""
        raise RefusedError(
            f"{source.name!r} is JSON, and icpctl knows only how DuckDB and PostgreSQL read it",
            "make it a list of texts in a view, and say type: list",
        )

    # Time

    def micros(self, source: Tree) -> Tree:
        """Return microseconds since 1970 of a timestamp; one without a zone is in UTC."""
        return exp.UnixMicros(this=source)

    def now_micros(self) -> Tree:
        """Return microseconds since 1970 of the moment at which the statement runs."""
        return self.micros(exp.CurrentTimestamp())


class TrimmingDialect(Dialect):
    """A dialect that trims and translates given characters, instead of using patterns."""

    dotall = ""
    end = "$"

    def characters(self, characters: str) -> Tree:
        """Return characters as a literal."""
        return exp.UnicodeString(
            this="".join(f"\\{ord(character):04X}" for character in characters)
        )

    def single_spaced(self, source: Tree) -> Tree:
        alike = exp.Translate(
            this=source, from_=self.characters(SPACES), to=text(" " * len(SPACES))
        )
        return self.replaced_all(alike, " +", " ")


class UnnestingDialect(Dialect):
    """A dialect whose lists are tables of subqueries."""

    element: exp.Column
    alias: exp.TableAlias
    """The name of a list as a table, and in it of its `element`."""

    def each(self, source: Tree, make: Callable[[Tree], Tree]) -> Tree:
        return exp.Array(expressions=[self._elements(source, make)])

    def kept(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        return exp.Array(expressions=[self._elements(source, lambda element: element, holds)])

    def any_of(self, source: Tree, holds: Callable[[Tree], Tree]) -> Tree:
        return exp.Exists(this=self._elements(source, lambda _: whole(1), holds))

    def _elements(
        self,
        source: Tree,
        make: Callable[[Tree], Tree],
        holds: Callable[[Tree], Tree] | None = None,
    ) -> exp.Select:
        listed = exp.Unnest(expressions=[source], alias=self.alias.copy())
        query = exp.select(make(self.element.copy())).from_(listed)
        return query.where(holds(self.element.copy())) if holds else query


def _quoted(value: str) -> str:
    """Return a text as a pattern."""
    return re.sub(r"[\\.^$*+?()\[\]{}|]", r"\\\g<0>", value)


def _ranges(codes: list[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = ranges[-1][0], code
        else:
            ranges.append((code, code))
    return ranges


def _function(make: Callable[[Tree], Tree]) -> exp.Lambda:
    variable = exp.to_identifier("v")
    return exp.Lambda(this=make(exp.column(variable.copy())), expressions=[variable])


def split_before(source: Tree, characters: str) -> Tree:
    """Return a text up to the first of some characters, without a pattern."""
    for character in characters:
        source = exp.SplitPart(this=source, delimiter=text(character), part_index=whole(1))
    return source


def ends_as(source: Tree, value: str) -> Tree:
    """Return whether a text ends with another, by its last characters."""
    return exp.EQ(this=exp.Right(this=source, expression=whole(len(value))), expression=text(value))


def quotient(dividend: Tree, divisor: int) -> Tree:
    """Return a quotient of whole numbers for dialects in which `/` drops the remainder."""
    return exp.Div(this=exp.paren(dividend), expression=whole(divisor), typed=True, safe=False)


def no_days(source: Tree, reason: str) -> RefusedError:
    """Return the refusal to count days since a timestamp."""
    hint = f"count the days since {source.name!r} in a view, as last_seen_days; last_seen is then ~"
    return RefusedError(reason, hint)


def no_words(source: Tree, value: str, name: str) -> RefusedError:
    """Return the refusal to look for whole words."""
    return RefusedError(
        f"patterns of {name} know no letters beyond ASCII, so whether {value!r} is a word of "
        f"{source.name!r} cannot be decided",
        "split the text into words in a view; contains also finds it within longer words",
    )


def no_number(source: Tree, reason: str) -> RefusedError:
    """Return the refusal to read numbers in a text."""
    return RefusedError(
        f"{source.name!r} holds numbers as text, {reason}",
        "make it a number in a view, and say type: number",
    )


def page_of(
    json: Tree,
    kind: Callable[[Tree, str | None], Tree],
    text_of: Callable[[Tree, str | None], Tree],
    is_text: str,
    is_null: str,
) -> Tree:
    """Return the address of a page in JSON: a text, or in an object `url` or else `path`.

    `kind` gives the type of a value or of one of its keys, `text_of` its text, and the last two
    are the names of the types.
    """

    def has_text(key: str | None) -> Tree:
        return exp.EQ(this=kind(json, key), expression=text(is_text))

    no_url = exp.EQ(
        this=exp.Coalesce(this=kind(json, "url"), expressions=[text(is_null)]),
        expression=text(is_null),
    )
    return case(
        (has_text(None), text_of(json, None)),
        (has_text("url"), text_of(json, "url")),
        (exp.and_(no_url, has_text("path")), text_of(json, "path")),
    )
