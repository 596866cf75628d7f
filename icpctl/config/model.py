"""The model of a config: `IcpConfig`, `Rules`, `Group`, `Condition`, `ConfigFile`.

Files and programs go through the same models, and a failed validation names every problem, not
only the first. Our own problems are pydantic errors whose type is the finding's code. What a
folder of configs defines, its custom fields and named lists, is the validation's context:
`IcpConfig.model_validate(body, context=definitions)`.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from msgspec import Struct
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from icpctl.config import scalars
from icpctl.config.definitions import NOTHING_DEFINED, Definitions, NamedList
from icpctl.config.scalars import Value, problem
from icpctl.errors import word_hint
from icpctl.vocabulary import (
    COMPARATORS,
    CUSTOM_PREFIX,
    Comparator,
    ConditionType,
    Operator,
    Vocabulary,
    comparators_for,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from icpctl.documents.document import Document


def _label(value: object) -> str:
    label = scalars.text(value)
    if scalars.is_blank(label):
        raise problem("ICP105", "the label is empty")
    return label


def _priority(value: object) -> int:
    priority = scalars.number(value)
    if priority != int(priority):
        raise problem("ICP106", f"expected a whole number, not {priority}")
    return int(priority)


def _min_score(value: object) -> int | float:
    number = scalars.number(value)
    min_score = int(number) if number == int(number) else number
    if not 0 <= min_score <= 100:
        raise problem("ICP109", f"a minimum score must be from 0 to 100, not {min_score}")
    return min_score


def _weight(value: object) -> int | float:
    weight = scalars.number(value)
    if weight <= 0:
        raise problem("ICP107", f"a weight must be greater than 0, not {weight}")
    return weight


def _word(value: object, known: Mapping[str, Any], code: str, what: str) -> str:
    word = scalars.text(value)
    if word in known:
        return word
    custom = word.startswith(CUSTOM_PREFIX)
    undeclared = "custom fields are declared in fields.yaml, in the folder of configs"
    hint = word_hint(word, known, undeclared if custom else None)
    raise problem(code, f"unknown {what} {scalars.described(word)}", hint)


def _operator(value: object) -> str:
    return _word(value, {operator.value: operator for operator in Operator}, "ICP204", "operator")


def _type(value: object, info: ValidationInfo) -> str:
    return _word(value, definitions_of(info).vocabulary.types, "ICP201", "condition type")


def definitions_of(info: ValidationInfo) -> Definitions:
    """Return what the folder of the config defines: the context of its validation."""
    return info.context if isinstance(info.context, Definitions) else NOTHING_DEFINED


def _entries(value: object) -> object:
    # Here and not as a min_length: pydantic counts what is left after validation.
    if isinstance(value, list | tuple) and not value:
        raise problem("ICP104", "the list is empty; it needs at least one entry")
    return value


def _plain(value: Value) -> object:
    if isinstance(value, NamedList):
        return value.reference
    return list(value) if isinstance(value, tuple) else value


Text = Annotated[str, BeforeValidator(scalars.text)]
Flag = Annotated[bool, BeforeValidator(scalars.flag)]


class Body(BaseModel):
    """What all objects of a config have in common: no unknown keys, nulls are absent, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        """Treat null as absent, except for unknown keys, which are always refused."""
        if not isinstance(data, dict) or None not in data.values():
            return data
        keys = cls.body_keys()
        return {key: value for key, value in data.items() if value is not None or key not in keys}

    @classmethod
    @cache
    def body_keys(cls) -> tuple[str, ...]:
        """Return the keys that the body may have, as they are spelt there."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class Condition(Body):
    """One question about a visitor.

    `value` has the type that `type` and `comparator` ask for: text, a number or a boolean, a
    tuple of them, or None where the comparator needs none. A named list is a tuple too.
    """

    type: Annotated[str, BeforeValidator(_type)]
    comparator: str
    value: Annotated[Value, PlainSerializer(_plain)] = Field(default=None, validate_default=True)
    optional: Flag = False
    weight: Annotated[int | float, BeforeValidator(_weight)] = 1
    _condition_type: ConditionType = PrivateAttr()

    @field_validator("comparator", mode="before")
    @classmethod
    def _fits(cls, value: object, info: ValidationInfo) -> str:
        name = _word(value, COMPARATORS, "ICP202", "comparator")
        entry = _entry(info)
        if entry and entry.kind not in COMPARATORS[name].kinds:
            allowed = ", ".join(comparators_for(entry.kind))
            raise problem(
                "ICP203",
                f"{name} does not fit {entry.name}, which is {_kind(entry)}",
                f"allowed: {allowed}",
            )
        return name

    @field_validator("value", mode="plain")
    @classmethod
    def _typed(cls, value: object, info: ValidationInfo) -> Value:
        comparator = COMPARATORS.get(info.data.get("comparator", ""))
        if comparator is None:
            return None
        lists = definitions_of(info).lists
        return scalars.condition_value(value, _entry(info), comparator, lists)

    def model_post_init(self, context: Any, /) -> None:
        """Keep what the vocabulary says of the type, so that nobody has to look it up again."""
        known = context if isinstance(context, Definitions) else NOTHING_DEFINED
        self._condition_type = known.vocabulary.types[self.type]

    @cached_property
    def condition_type(self) -> ConditionType:
        """What the vocabulary says of `type`."""
        return self._condition_type  # which pydantic takes long to look up

    @property
    def comparison(self) -> Comparator:
        """What the vocabulary says of `comparator`."""
        return COMPARATORS[self.comparator]

    @property
    def listed(self) -> tuple[Any, ...]:
        """The values that it names: none where it asks for presence alone."""
        if self.comparison.asks_presence:
            return ()
        return self.value if isinstance(self.value, tuple) else (self.value,)

    @property
    def is_negated(self) -> bool:
        """Whether it holds exactly when the test of its positive comparator does not."""
        inverted = self.comparison.asks_presence and self.value is False
        return (self.comparison.negates is not None) != inverted

    def changed(self, **keys: Any) -> Condition:
        """Return the condition with other keys, which are checked as those of a file are.

        Raises pydantic's `ValidationError`.
        """
        body = {name: getattr(self, name) for name in self.model_fields_set} | keys
        own = {self.type: self._condition_type}
        return Condition.model_validate(body, context=Definitions(Vocabulary(own)))


class Group(Body):
    """Conditions that one operator joins; a visitor matches when the required ones hold."""

    operator: Annotated[str, BeforeValidator(_operator)]
    conditions: Annotated[tuple[Condition, ...], BeforeValidator(_entries)]


class Rules(Body):
    """Groups of conditions; a visitor matches when any group matches."""

    groups: Annotated[tuple[Group, ...], BeforeValidator(_entries)]


class IcpConfig(Body):
    """One Ideal Customer Profile, as the API's body: `IcpConfig.model_validate(body)`.

    Raises pydantic's `ValidationError` with every problem of the body. The last six fields are
    set by servers and editors; they are kept and never used.
    """

    label: Annotated[str, BeforeValidator(_label)]
    priority: Annotated[int | None, BeforeValidator(_priority)] = None
    is_active: Flag = Field(default=True, alias="isActive")
    min_score: Annotated[int | float, BeforeValidator(_min_score)] = Field(
        default=0, alias="minScore", exclude_if=lambda bound: bound == 0
    )
    exclude: Flag = Field(default=False, exclude_if=lambda is_exclusion: not is_exclusion)
    rules: Rules
    id: Any = None
    slug: Text | None = None
    organization_id: Any = Field(default=None, alias="organizationId")
    created_at: Any = Field(default=None, alias="createdAt")
    updated_at: Any = Field(default=None, alias="updatedAt")
    editor_schema: Any = Field(default=None, alias="$schema")
    _definitions: Definitions = PrivateAttr(default_factory=lambda: NOTHING_DEFINED)

    def model_post_init(self, context: Any, /) -> None:
        """Keep what the folder defines, for those who make another config of this one."""
        if isinstance(context, Definitions):
            self._definitions = context

    def __eq__(self, other: object) -> bool:
        """Compare what the configs say, wherever it was read."""
        return isinstance(other, IcpConfig) and self._fields() == other._fields()

    def __hash__(self) -> int:
        """Return the hash of what it says."""
        return hash(self._fields())

    def _fields(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in type(self).model_fields)

    @property
    def definitions(self) -> Definitions:
        """What the folder of the config defines: the context to validate a changed body with."""
        return self._definitions

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions of all groups, in order."""
        return tuple(condition for group in self.rules.groups for condition in group.conditions)

    def body(self) -> dict[str, Any]:
        """Return the API's body: camelCase, JSON values, defaults said, what is absent left out.

        The extensions `minScore` and `exclude` are left out where they are not in use, and a
        named list is `{list: NAME}`.
        """
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


Named: TypeAlias = tuple[str, IcpConfig]
"""A config with its slug."""


class ConfigFile(Struct, frozen=True, dict=True):
    """A valid config, the file that holds it, and the organization (folder) it belongs to.

    `data` are the file's bytes as they were read.
    """

    slug: str
    org: str | None
    path: Path
    config: IcpConfig
    data: bytes

    @cached_property
    def document(self) -> Document:
        """The bytes as a tree with places: read again, since of most files nobody asks for it."""
        from icpctl.documents.reading import read_document

        return read_document(self.data, str(self.path))

    @cached_property
    def etag(self) -> str:
        """The first 16 hex digits of the SHA-256 of the file's bytes."""
        from hashlib import sha256

        return sha256(self.data).hexdigest()[:16]

    @property
    def order(self) -> tuple[float, str, str]:
        """The place among others: priority (absent last), slug, organization."""
        priority = self.config.priority
        return (float("inf") if priority is None else priority, self.slug, self.org or "")


def named_configs(configs: Iterable[ConfigFile | Named]) -> list[Named]:
    """Return configs with their slugs, as scoring takes them."""
    return [
        (config.slug, config.config) if isinstance(config, ConfigFile) else config
        for config in configs
    ]


def _entry(info: ValidationInfo) -> ConditionType | None:
    return definitions_of(info).vocabulary.types.get(info.data.get("type", ""))


def _kind(entry: ConditionType) -> str:
    return f"{'a' if entry.kind != 'pages' else 'a list of'} {entry.kind}"
