"""The model of a config: `IcpConfig`, `Rules`, `Group`, `Condition` (SPEC 1 to 3).

Files and programs go through the same models, and a failed validation names every problem, not
only the first. Problems of our own are pydantic errors whose type is the finding's code.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from icpctl.config import scalars
from icpctl.config.scalars import Value, problem
from icpctl.vocabulary import (
    COMPARATORS,
    CONDITION_TYPES,
    Comparator,
    ConditionType,
    Operator,
    comparators_for,
)


def _label(value: object) -> str:
    found = scalars.text(value)
    if not found.strip():
        raise problem("ICP105", "the label is empty")
    return found


def _priority(value: object) -> int:
    found = scalars.number(value)
    if found != int(found):
        raise problem("ICP106", f"expected a whole number, not {found}")
    return int(found)


def _weight(value: object) -> int | float:
    found = scalars.number(value)
    if found <= 0:
        raise problem("ICP107", f"a weight is above 0, not {found}")
    return found


def _word(value: object, known: dict[str, Any], code: str, what: str) -> str:
    found = scalars.text(value)
    if found in known:
        return found
    guess = scalars.guess(found, tuple(known))
    hint = f"did you mean {guess}?" if guess else f"known: {', '.join(known)}"
    raise problem(code, f"unknown {what} {scalars.described(found)}", hint)


def _operator(value: object) -> str:
    return _word(value, {word.value: word for word in Operator}, "ICP204", "operator")


def _type(value: object) -> str:
    return _word(value, CONDITION_TYPES, "ICP201", "condition type")


def _entries(value: object) -> object:
    # Here and not as a min_length: pydantic counts what is left after validation.
    if isinstance(value, list | tuple) and not value:
        raise problem("ICP104", "the list is empty; it holds at least one entry")
    return value


def _plain(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else value


Text = Annotated[str, BeforeValidator(scalars.text)]
Flag = Annotated[bool, BeforeValidator(scalars.flag)]


class Body(BaseModel):
    """What all objects of a config have in common: no unknown keys, nulls are absent, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, data: object) -> object:
        """Null is absent (SPEC 1); an unknown key is refused whatever it holds."""
        if not isinstance(data, dict) or None not in data.values():
            return data
        keys = cls.body_keys()
        return {key: it for key, it in data.items() if it is not None or key not in keys}

    @classmethod
    @cache
    def body_keys(cls) -> tuple[str, ...]:
        """Return the keys that the body may have, as they are spelt there."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())


class Condition(Body):
    """One question about a visitor.

    `value` has the type that `type` and `comparator` ask for: text, a number or a boolean, a
    tuple of them, or None where the comparator needs none.
    """

    type: Annotated[str, BeforeValidator(_type)]
    comparator: str
    value: Annotated[Value, PlainSerializer(_plain)] = Field(default=None, validate_default=True)
    optional: Flag = False
    weight: Annotated[int | float, BeforeValidator(_weight)] = 1

    @field_validator("comparator", mode="before")
    @classmethod
    def _fits(cls, value: object, info: ValidationInfo) -> str:
        found = _word(value, COMPARATORS, "ICP202", "comparator")
        entry = CONDITION_TYPES.get(info.data.get("type", ""))
        if entry and entry.kind not in COMPARATORS[found].kinds:
            allowed = ", ".join(comparators_for(entry.kind))
            raise problem(
                "ICP203",
                f"{found} does not fit {entry.name}, which is {_kind(entry)}",
                f"allowed: {allowed}",
            )
        return found

    @field_validator("value", mode="plain")
    @classmethod
    def _typed(cls, value: object, info: ValidationInfo) -> Value:
        entry = CONDITION_TYPES.get(info.data.get("type", ""))
        comparator: Comparator | None = COMPARATORS.get(info.data.get("comparator", ""))
        return scalars.condition_value(value, entry, comparator) if comparator else None


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
    rules: Rules
    id: Any = None
    slug: Text | None = None
    organization_id: Any = Field(default=None, alias="organizationId")
    created_at: Any = Field(default=None, alias="createdAt")
    updated_at: Any = Field(default=None, alias="updatedAt")
    editor_schema: Any = Field(default=None, alias="$schema")

    def body(self) -> dict[str, Any]:
        """Return the API's body: camelCase, JSON values, defaults said, what is absent left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _kind(entry: ConditionType) -> str:
    return f"{'a' if entry.kind != 'pages' else 'a list of'} {entry.kind}"
