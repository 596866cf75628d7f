"""The classes of all commands: they refuse what is a slip whatever the command does."""

from collections import Counter
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class Command(TyperCommand):
    """A command that takes no empty value, and no option of one value twice.

    An empty value is most often a shell's variable that is not set, and an empty path would mean
    the working folder. Of an option that is given twice the first value would be lost in silence.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call; raise `typer.BadParameter` for such slips."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)


class Group(TyperGroup):
    """A command with commands of its own, which is as careful as `Command`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call; raise `typer.BadParameter` for slips."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)


def _refuse_slips(command: Any, ctx: Any, args: list[str]) -> None:
    if ctx.resilient_parsing:  # completion, where words may be anything
        return
    values, _, given = command.make_parser(ctx).parse_args(args=list(args))
    for param, times in Counter(given).items():
        if times > 1 and _takes_one(param):
            _refuse("it is given twice, and takes one value", ctx, param)
        value = values.get(param.name)
        if "" in (value if isinstance(value, list | tuple) else [value]):
            _refuse("the value is empty", ctx, param)


def _takes_one(param: Any) -> bool:
    is_option = param.param_type_name == "option"
    is_flag = getattr(param, "is_flag", False) and not param.secondary_opts
    return is_option and not is_flag and not param.multiple


def _refuse(message: str, ctx: Any, param: Any) -> None:
    raise typer.BadParameter(message, ctx=ctx, param=param)
