"""The classes of all commands: how help is laid out, and slips that every command refuses."""

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

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write arguments by their metavars alone, such as `VISITORS...`, then the options."""
        arguments, options = [], []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record and param.param_type_name == "argument":
                arguments.append((_metavar(param), record[1]))
            elif record:
                options.append(record)
        for title, records in (("Arguments", arguments), ("Options", options)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Group(TyperGroup):
    """A command with commands of its own, which is as careful as `Command`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call; raise `typer.BadParameter` for slips."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands in groups, in the order in which they were added."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            summary = command.get_short_help_str(limit=formatter.width)
            groups.setdefault(command.rich_help_panel or "Commands", []).append((name, summary))
        widest = max(len(name) for names in groups.values() for name, _ in names)
        for title, commands in groups.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in commands])


def _refuse_slips(command: Any, ctx: Any, args: list[str]) -> None:
    if ctx.resilient_parsing:  # completion, where words may be anything
        return
    values, _, given = command.make_parser(ctx).parse_args(args=list(args))
    for param, times in Counter(given).items():
        if times > 1 and _takes_one(param):
            _refuse("given twice, but it takes one value", ctx, param)
        value = values.get(param.name)
        if "" in (value if isinstance(value, list | tuple) else [value]):
            _refuse("the value is empty", ctx, param)


def _metavar(param: Any) -> str:
    name = (param.metavar or param.human_readable_name.upper()).strip("[]")
    return f"{name}..." if param.nargs == -1 and not name.endswith("...") else name


def _takes_one(param: Any) -> bool:
    is_option = param.param_type_name == "option"
    is_flag = getattr(param, "is_flag", False) and not param.secondary_opts
    return is_option and not is_flag and not param.multiple


def _refuse(message: str, ctx: Any, param: Any) -> None:
    raise typer.BadParameter(message, ctx=ctx, param=param)
