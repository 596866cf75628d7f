"""The classes of all commands: how help is laid out, and slips that every command refuses."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial, wraps
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import typer
from msgspec import Struct
from typer.core import TyperCommand, TyperGroup

from icpctl.cli.errors import exits

T = TypeVar("T")


class Command(TyperCommand):
    """A command that takes no empty value, and no option of one value twice.

    An empty value is most often a shell's variable that is not set, and an empty path would mean
    the working folder. Of an option that is given twice the first value would be lost in silence.
    """

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, which take plain values as they are."""
        return _taking_plain_values(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call; raise `typer.BadParameter` for such slips."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return `[OPTIONS]`, then each argument by its metavar, in brackets if it is optional."""
        del ctx
        arguments = [param for param in self.params if param.param_type_name == "argument"]
        names = [_metavar(param) for param in arguments]
        return ["[OPTIONS]"] + [
            name if param.required else f"[{name}]"
            for name, param in zip(names, arguments, strict=True)
        ]

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

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples after everything else."""
        _write_examples(ctx, formatter)


class Group(TyperGroup):
    """A command with subcommands, which is as careful as `Command`."""

    def get_params(self, ctx: Any) -> Any:
        """Return the parameters, which take plain values as they are."""
        return _taking_plain_values(super().get_params(ctx))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call; raise `typer.BadParameter` for slips."""
        _refuse_slips(self, ctx, args)
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands in groups, in the order in which they were added."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for name, title, summary in self.summaries(ctx):
            groups.setdefault(title, []).append((name, summary))
        widest = max(len(name) for names in groups.values() for name, _ in names)
        for title, commands in groups.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), summary) for name, summary in commands])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples after everything else."""
        _write_examples(ctx, formatter)

    def summaries(self, ctx: Any) -> Iterator[tuple[str, str, str]]:
        """Yield the name, the title of the group and the summary of each command."""
        for name in self.list_commands(ctx):
            command: Any = self.get_command(ctx, name)
            yield name, command.rich_help_panel or "Commands", command.short_help or ""


class Entry(Struct, frozen=True):
    """A command that is imported when it is called.

    `target` is `MODULE:NAME` in this package, of a function or of a `typer.Typer` with subcommands.
    """

    group: str
    name: str
    target: str
    summary: str

    def load(self) -> Any:
        """Import the command, whose exceptions become messages and exit codes."""
        module, _, attribute = self.target.partition(":")
        target = getattr(import_module(f"icpctl.{module}"), attribute)
        if not isinstance(target, typer.Typer):
            function, target = target, typer.Typer(rich_markup_mode=None, add_completion=False)
            target.command(self.name, cls=Command)(exits(spread(function)))
        command = typer.main.get_command(target)
        command.name, command.short_help = self.name, self.summary
        return command


def spread(command: Callable[..., T]) -> Callable[..., T]:
    """Return `command` whose parameters are the options of its groups, one by one.

    A parameter whose type is a `Struct` is a group: its place is taken by the fields of the struct
    that are `Annotated`, and the command gets an instance. Typer knows no such groups.
    """
    parameters = signature(command).parameters.values()
    groups = {param.name: param.annotation for param in parameters if _is_group(param)}
    own = {name: _options(group) for name, group in groups.items()}
    spread_out = [
        option.replace(kind=Parameter.KEYWORD_ONLY)
        for param in parameters
        for option in own.get(param.name, {param.name: param}).values()
    ]

    @wraps(command)
    def wrapper(**options: Any) -> T:
        for name, group in groups.items():
            options[name] = group(**{option: options.pop(option) for option in own[name]})
        return command(**options)

    wrapper.__annotations__ = {option.name: option.annotation for option in spread_out}
    vars(wrapper)["__signature__"] = signature(command).replace(parameters=spread_out)
    return wrapper


def _is_group(parameter: Parameter) -> bool:
    return isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Struct)


def _options(group: type[Struct]) -> dict[str, Parameter]:
    parameters = signature(group).parameters
    return {name: at for name, at in parameters.items() if get_origin(at.annotation) is Annotated}


def _taking_plain_values(params: list[Any]) -> list[Any]:
    """Return parameters that take what needs no check as it is.

    Typer would import pydantic, and build a validator for each parameter whether it is given or
    not: a fifth of the time of a short call.
    """
    for param in params:
        vars(param).setdefault("process_value", partial(_process, param, param.process_value))
    return params


def _process(param: Any, convert: Callable[[Any, Any], Any], ctx: Any, value: Any) -> Any:
    if value is None and not param.required:
        plain: Any = () if param.multiple or param.nargs == -1 else None
    elif not value or (plain := _unchecked(value, param.type_descriptor)) is None:
        return convert(ctx, value)
    return param.callback(ctx, param, plain) if param.callback else plain


def _unchecked(value: Any, kind: Any) -> Any:
    """Return what Typer makes of a value that is given, where nothing can be wrong; else None."""
    if get_origin(kind.annotation) is Literal:
        return value if value in get_args(kind.annotation) else None
    if kind.annotation is Path and not (kind.parameter_info.exists or kind.parameter_info.readable):
        return Path(value)
    if kind.annotation == list[str]:
        return list(value)
    return value if kind.annotation is str else None


def _write_examples(ctx: Any, formatter: Any) -> None:
    """Write the examples of a command, each as it is typed, whatever the width."""
    name = ctx.command_path.partition(" ")[2]
    examples = all_examples().get(name or "icpctl")
    if examples:
        with formatter.section("Examples"):
            for purpose, call in examples.items():
                formatter.write(f"  # {purpose}\n  {call}\n")


def all_examples() -> dict[str, dict[str, str]]:
    """Return the examples of each command by its name: what one does, and the call."""
    import tomllib

    return tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))


def _refuse_slips(command: Any, ctx: Any, args: list[str]) -> None:
    if ctx.resilient_parsing:  # completion, where words may be anything
        return
    try:
        values, _, given = command.make_parser(ctx).parse_args(args=list(args))
    except Exception as error:
        blamed: Any = error
        if getattr(blamed, "ctx", ctx) is None:  # a value is missing
            blamed.ctx = ctx
        raise
    for param, times in Counter(given).items():
        if times > 1 and _takes_one(param):
            _refuse(_twice(param, args), ctx, param)
        value = values.get(param.name)
        if "" in (value if isinstance(value, list | tuple) else [value]):
            _refuse("the value is empty", ctx, param)


def _twice(param: Any, args: list[str]) -> str:
    opposites = set(param.secondary_opts) & set(args)
    if opposites and set(param.opts) & set(args):
        return f"and {opposites.pop()} cannot be used together"
    return "is given twice, but takes one value"


def _metavar(param: Any) -> str:
    name = (param.metavar or param.human_readable_name.upper()).strip("[]")
    return f"{name}..." if param.nargs == -1 and not name.endswith("...") else name


def _takes_one(param: Any) -> bool:
    is_option = param.param_type_name == "option"
    is_flag = getattr(param, "is_flag", False) and not param.secondary_opts
    return is_option and not is_flag and not param.multiple


def _refuse(message: str, ctx: Any, param: Any) -> None:
    raise typer.BadParameter(message, ctx=ctx, param=param)
