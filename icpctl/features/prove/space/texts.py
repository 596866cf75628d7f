"""All that a visitor can have in a text field or in its pages, as finitely many texts.

A condition sees a list through *parts*: some text equals this form, contains this, begins or ends
with that. What a list hits is the union of what its texts hit. So a few texts stand for all, as
long as whatever any text hits is a union of what these hit:

- Let `t` be a text that equals no configured value, `s` the longest of the configured beginnings
  that it has, `e` the longest of the endings, `c` what it contains. With a letter `x` that is
  in no configured value, `sx`, `xe` and each `xcx` hit together exactly what `t` hits. What it
  contains as a whole word is hit by ` c `, with a mark that is not a letter in place of the spaces.
- A text that equals a configured value in its normal form hits at least what every text of that
  form hits, and what else it hits is in the first point.

Each text is judged by the evaluator. Where none of those tried hits just as little as the argument
allows, the least is kept as a *phantom*: proofs that nobody is so reckon with it, visitors never.
"""

from __future__ import annotations

import json
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa
from msgspec import Struct

from icpctl.config.definitions import Definitions
from icpctl.config.model import Condition
from icpctl.features.prove.space.spellings import least_texts, separators, texts_of_form
from icpctl.features.shared.held_conditions import held_of, no_values, row_words
from icpctl.mappings import mapping
from icpctl.scoring.plan import make_plan
from icpctl.values import country_forms, date_forms, normal_forms, number_forms, url_forms
from icpctl.values.text_search import has_word
from icpctl.vocabulary import Form, Vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from icpctl.scoring.plan import Plan, Test
    from icpctl.vocabulary import ConditionType

PRESENT = 1
"""The bit of the part that every text hits."""

_AT_ONCE = 20_000


class Part(Struct, frozen=True):
    """A comparator of one text with one value, which is trimmed and casefolded."""

    entry: ConditionType
    comparator: str
    value: str

    @property
    def type(self) -> str:
        """The name of its condition type."""
        return self.entry.name

    @property
    def form(self) -> Form:
        """How `equals` sees both sides."""
        return self.entry.form

    @property
    def is_of_texts(self) -> bool:
        """Whether it looks for its value within texts."""
        return self.comparator not in ("equals", "exists")


class TextTest(Struct, frozen=True):
    """A test as a mask of parts: any of them must be hit, or `every` one."""

    mask: int
    every: bool

    def held(self, hit: int) -> bool:
        """Whether a list whose texts hit these parts holds."""
        return hit & self.mask == self.mask if self.every else bool(hit & self.mask)


class TextSource:
    """One field of texts: representatives, what each hits, and the tests on it.

    `texts[i]` hits the parts of `masks[i]`; `phantoms` are masks that no text tried has, and
    every text that a visitor can have hits a union of `masks` and `phantoms`. `tests` is by bit
    of the plan.
    """

    def __init__(
        self,
        name: str,
        types: Mapping[str, ConditionType],
        tests: Mapping[int, tuple[str, Test]],
        spelt: Mapping[str, str],
        *,
        case_sensitive: bool,
    ) -> None:
        self.name = name
        self._case_sensitive = case_sensitive
        self._types = types
        self._any_type = next(iter(types.values()))
        self._parts: dict[Part, int] = {Part(self._any_type, "exists", ""): 0}
        self.tests = {bit: self._test(*test) for bit, test in tests.items()}
        self.texts: list[str] = []
        self.masks: list[int] = []
        self._known: dict[int, int] = {}
        tried = list(dict.fromkeys(self._tried(spelt)))
        for text, mask in zip(tried, self._masks(tried), strict=True):
            if mask not in self._known and mask:
                self._keep(text, mask)
        self._own = len(self.masks)
        self.phantoms = [mask for mask in dict.fromkeys(self._least()) if not self._reached(mask)]

    def add(self, text: str) -> int:
        """Take in a text from outside, and return its number."""
        (mask,) = self._masks([text])
        return self._keep(text, mask)

    @property
    def numbers(self) -> range:
        """The representatives: what was added later is none."""
        return range(self._own)

    def rivals(self) -> tuple[list[int], list[tuple[int, int]]]:
        """What one text cannot hit together: parts of which at most one, and pairs of parts.

        One text has one normal form, and of two beginnings or endings one is within the other.
        """
        forms: dict[tuple[str, str], int] = {}
        pairs = []
        for part, number in self._parts.items():
            if part.comparator == "equals":
                forms.setdefault(
                    (part.type, normal_forms.FORMS.get(part.form, str)(part.value)), number
                )
            if part.comparator == "equals" and _is_plain(part):
                hit = self._of_form(part)
                pairs += [(number, it) for it in self._parts.values() if not hit >> it & 1]
            if part.comparator in ("starts_with", "ends_with"):
                meets = str.startswith if part.comparator == "starts_with" else str.endswith
                pairs += [
                    (number, at)
                    for other, at in self._parts.items()
                    if other.comparator == part.comparator
                    and not meets(part.value, other.value)
                    and not meets(other.value, part.value)
                ]
        return list(forms.values()), pairs

    @cached_property
    def separator(self) -> str:
        """A letter that is in no value."""
        return separators([part.value for part in self._parts])[0]

    def _keep(self, text: str, mask: int) -> int:
        self.texts.append(text)
        self.masks.append(mask)
        self._known.setdefault(mask, len(self.texts) - 1)
        return len(self.texts) - 1

    def _test(self, name: str, test: Test) -> TextTest:
        if test.asks_presence:
            return TextTest(PRESENT, every=False)
        comparator, entry = test.comparator, self._types[name]
        if test.is_equality:
            of_part = entry.form is Form.PART_OF_PAGE
            comparator = "contains" if of_part else "equals"
        if comparator != "equals":
            entry = self._any_type  # pages are the same for both of their types
        mask = 0
        for value in test.values:
            mask |= 1 << self._parts.setdefault(Part(entry, comparator, value), len(self._parts))
        return TextTest(mask, every=test.needs_all)

    def _tried(self, spelt: Mapping[str, str]) -> Iterator[str]:
        free = separators([part.value for part in self._parts])
        for part in self._parts:
            value = spelt.get(part.value, part.value)
            if part.comparator == "equals":
                yield from texts_of_form(part.form, part.value, value, free)
        for part in self._parts:
            if part.comparator != "equals":
                yield from least_texts(
                    part.comparator, spelt.get(part.value, part.value), free, self.name
                )

    def _least(self) -> Iterator[int]:
        """For each part what every text that hits it hits at least."""
        yield PRESENT
        for part, number in self._parts.items():
            if part.comparator == "equals":
                if _can_be_equalled(part):
                    yield 1 << number | self._of_form(part)
            elif part.is_of_texts:
                least = self._within(part.value) | self._edges(part.value, part.comparator)
                yield least | self._words(part) | 1 << number

    def _of_form(self, part: Part) -> int:
        """What every text hits that equals a part's value."""
        if _is_plain(part) or part.form is Form.DOMAIN:  # of a domain visitors have the host alone
            seen_as = part.form if part.form is Form.DOMAIN else Form.PLAIN
            value = normal_forms.FORMS.get(seen_as, str)(part.value)
            edges = self._edges(value, "starts_with") | self._edges(value, "ends_with")
            words = self._words(Part(part.entry, "contains_word", value))
            parts = self._within(value) | edges | words
            return parts | self._equals(part.type, seen_as, value)
        if part.form is Form.PAGE and part.value[:1] == "/":
            form = url_forms.path_value(part.value)
            return self._within(form) | self._paths(form)
        form = normal_forms.FORMS[part.form](part.value)
        mask = self._equals(part.type, part.form, form)
        if part.form is Form.COUNTRY:  # its code is not part of the text itself
            return mask | PRESENT
        if part.form is Form.SIZE_RANGE:  # `251-1000` is also written `251-1K`
            return mask | PRESENT
        mask |= self._within(form)
        if part.form is Form.PAGE and form[:1] not in ("", "/") and "://" not in form:
            mask |= self._paths(url_forms.path(form))
        return mask

    def _equals(self, name: str, form: Form, wanted: str) -> int:
        see = normal_forms.FORMS.get(form, str)
        return self._mask(
            number
            for part, number in self._parts.items()
            if part.comparator == "equals"
            and part.type == name
            and not (form is Form.PAGE and part.value[:1] == "/")
            and see(part.value) == wanted
        )

    def _paths(self, wanted: str) -> int:
        return self._mask(
            number
            for part, number in self._parts.items()
            if part.form is Form.PAGE
            and part.comparator == "equals"
            and part.value[:1] == "/"
            and url_forms.path_value(part.value) == wanted
        )

    def _within(self, text: str) -> int:
        return PRESENT | self._mask(
            number
            for part, number in self._parts.items()
            if part.comparator == "contains" and part.value in text
        )

    def _words(self, part: Part) -> int:
        """What every text has as whole words that hits a part.

        Where its value has no edge of the text, and is not a whole word, a letter may be next to
        it.
        """
        before = " " if part.comparator in ("contains_word", "starts_with") else "x"
        after = " " if part.comparator in ("contains_word", "ends_with") else "x"
        return self._mask(
            number
            for other, number in self._parts.items()
            if other.comparator == "contains_word"
            and has_word(f"{before}{part.value}{after}", other.value)
        )

    def _edges(self, text: str, comparator: str) -> int:
        meets = str.startswith if comparator == "starts_with" else str.endswith
        return self._mask(
            number
            for part, number in self._parts.items()
            if part.comparator == comparator in ("starts_with", "ends_with")
            if meets(text, part.value)
        )

    def _mask(self, numbers: Iterable[int]) -> int:
        found = 0
        for number in numbers:
            found |= 1 << number
        return found

    def _reached(self, mask: int) -> bool:
        """Whether some texts together hit just these parts."""
        found = 0
        for one in self.masks:
            if one | mask == mask:
                found |= one
        return found == mask

    @cached_property
    def _plan(self) -> Plan:
        known = Definitions(Vocabulary(self._types))
        conditions = [
            Condition.model_validate(
                {
                    "type": part.type,
                    "comparator": part.comparator,
                    "value": None if part.comparator == "exists" else part.value,
                },
                context=known,
            )
            for part in self._parts
        ]
        return make_plan(
            [], as_of=date_forms.EPOCH, case_sensitive=self._case_sensitive, others=conditions
        )

    def _masks(self, texts: Sequence[str]) -> list[int]:
        """What each text hits, by the evaluator."""
        found: list[int] = []
        rest = iter(texts)
        while some := list(islice(rest, max(1, _AT_ONCE * 64 // (64 + len(self._parts))))):
            tokens = [json.dumps(text, ensure_ascii=False) for text in some]
            is_pages = self.name == mapping.PAGES
            values = [[token] for token in tokens] if is_pages else tokens
            columns = no_values(self._plan, len(some)) | {self.name: pa.array(values)}
            words = row_words(pa.record_batch(columns), self._plan)
            held = held_of(self._plan.others, words)
            found += [sum(1 << bit for bit in row.nonzero()[0].tolist()) for row in held]
        return found


def _is_plain(part: Part) -> bool:
    """Whether the one text that equals a part's value is the value itself."""
    if part.form is Form.COUNTRY:
        return country_forms.country(part.value) == f"{part.value}\0"
    if part.form is Form.SIZE_RANGE:
        return number_forms.size_bounds(part.value) is None
    return part.form is Form.PLAIN


def _can_be_equalled(part: Part) -> bool:
    """Whether a text may equal a part's value: none is blank, and no path holds a `?`."""
    if part.form is Form.PAGE and part.value[:1] == "/":
        return "?" not in url_forms.path_value(part.value)
    return part.form in (Form.PAGE, Form.URL) or part.value != ""


def joined(source: TextSource, numbers: Iterable[int]) -> Iterator[str]:
    """Single texts that may hit what several representatives hit together."""
    texts = [source.texts[number] for number in numbers]
    for glue in ("", " ", source.separator):
        yield glue.join(texts)
        yield glue.join(reversed(texts))
