"""Pieces of expression trees, and the refusal to build one."""

from __future__ import annotations

from typing import TypeAlias

from sqlglot import exp

Tree: TypeAlias = exp.Expr


class RefusedError(Exception):
    """A dialect cannot do something exactly; the message is the reason, `hint` an alternative."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.hint = hint


def text(value: str) -> Tree:
    """Return a text as a literal."""
    if "\0" in value:
        raise RefusedError("the value holds a NUL, which no literal of SQL can hold")
    return exp.Literal.string(value)


def whole(value: int) -> Tree:
    """Return a whole number as a literal."""
    return exp.Literal.number(value)


def call(name: str, *arguments: Tree) -> Tree:
    """Return a call of a function by its name, unchanged."""
    return exp.Anonymous(this=name, expressions=list(arguments))


def column(name: str) -> Tree:
    """Return a column by its name."""
    return exp.column(name, quoted=True)


def double(number: str) -> Tree:
    """Return a number as a double."""
    return exp.cast(exp.Literal.string(number), "DOUBLE")


def case(*branches: tuple[Tree, Tree], otherwise: Tree | None = None) -> Tree:
    """Return the result of the first branch whose condition holds."""
    # `exp.case().when(...)` copies all that came before with each branch.
    ifs = [exp.If(this=condition.copy(), true=then.copy()) for condition, then in branches]
    return exp.Case(ifs=ifs, default=otherwise and otherwise.copy())


def equal(left: Tree, right: Tree) -> Tree:
    """Return whether two expressions are equal."""
    return exp.EQ(this=left.copy(), expression=right.copy())


def exists(source: Tree) -> Tree:
    """Return whether an expression is not NULL."""
    return exp.not_(exp.Is(this=source, expression=exp.null()))
