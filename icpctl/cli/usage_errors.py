"""Calls that cannot be read, said as all other errors are: what is wrong, and what to do."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import PurePath
from typing import Any

from icpctl.errors import IcpctlError, nearest

_PHRASES = (
    (r"Input should be a valid integer.*", "must be a whole number"),
    (r"Input should be a valid (?:number|decimal).*", "must be a number"),
    (r"Input should be a valid boolean.*", "must be true or false"),
    (r"Input should be greater than or equal to (\S+)", r"must be at least \1"),
    (r"Input should be less than or equal to (\S+)", r"must be at most \1"),
    (r"Input should be (.*)", r"must be \1"),
    (r"(?:Value error, |Assertion failed, )(.*)", r"\1"),
)
"""What the parser's libraries say of a value -> what icpctl says after the option's name."""

_CHOICE = re.compile(r"(?:Value error, )?'(.*)' is not one of (.*?)\.?")
_COMMAND = re.compile(r"No such command '(.*?)'\.(?: Did you mean '([^']*)')?.*", re.S)
_EXTRA = re.compile(r"Got unexpected extra arguments? ?(?:\(s\) )?\((.*)\)", re.S)


_OTHER_NAMES = {
    "--format": "--output",
    "--json": "-o json",
    "--csv": "--out F.csv",
    "--output-file": "--out",
    "--since": "--from",
    "--until": "--to",
    "--before": "--to",
    "--date": "--as-of",
    "--now": "--as-of",
    "--name": "--label",
    "--title": "--report-title",
    "--fields": "--columns",
    "--group-by": "--by",
    "--key": "--by",
    "--delete": "--prune",
    "--force": "--yes",
    "--folder": "--dir",
    "--configs": "--dir",
    "--organization": "--org",
    "--slug": "--config",
    "--explain": "--why",
}
"""What other tools call an option -> what icpctl calls it, where the command has it."""

_INSTEAD = {
    "--visitors": "name the files without an option: {path} visitors.csv",
    "--input": "name the files without an option: {path} visitors.csv",
    "--limit": "print all, and cut it: {path} ... | head -5",
}
"""What to do instead where no option does it."""

_CLOSE = 0.8  # how alike a slip and an option are, by difflib; below this a guess misleads


def usage_error(error: Any) -> IcpctlError:
    """Return what is wrong with a call as an error of icpctl; `error` is the parser's."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "icpctl"
    message, hint = _said(error, path, context)
    return IcpctlError(message, "bad_usage", hint=hint or f"{path} -h shows the usage")


def _said(error: Any, path: str, context: Any) -> tuple[str, str | None]:
    message = str(getattr(error, "message", "") or "")
    name = type(error).__name__
    if name == "NoSuchOption":
        hint = _instead(error.option_name, context) or f"{path} -h lists the options"
        return f"unknown option {error.option_name}", hint
    if name == "MissingParameter":
        name = _named(error.param)
        return f"{name} is missing", "icpctl list shows the configs" if name == "SLUG" else None
    if name == "BadOptionUsage":
        takes = "takes no value" if "does not take" in message else "needs a value"
        return f"{error.option_name} {takes}", None
    if (match := _COMMAND.fullmatch(message)) is not None:
        hint = _did_you_mean(match[2]) or f"{path} -h lists the commands"
        return f"unknown command {match[1]!r}", hint
    if (match := _EXTRA.fullmatch(message)) is not None:
        return f"unexpected argument: {match[1]}", None
    if getattr(error, "param", None) is not None:
        return _of_value(_named(error.param), message, _options(context))
    return error.format_message(), None


def _instead(option: str, context: Any) -> str | None:
    """Return what to do instead of an option that a command does not have."""
    options = _options(context)
    name = _OTHER_NAMES.get(option, "")
    if name.partition(" ")[0] in options:
        return _did_you_mean(name)
    hint = _INSTEAD.get(option)
    if hint and "VISITORS" in {_named(param) for param in context.command.params}:
        return hint.format(path=context.command_path)
    return _did_you_mean(next(iter(get_close_matches(option, options, 1, _CLOSE)), None))


def _options(context: Any) -> list[str]:
    params = context.command.params if context else ()
    options = (param for param in params if param.param_type_name == "option")
    return [name for param in options for name in (*param.opts, *param.secondary_opts)]


def _of_value(option: str, message: str, options: list[str]) -> tuple[str, str | None]:
    """Return what is wrong with the value of an option; `options` are those of the command."""
    if (match := _CHOICE.fullmatch(message)) is not None:
        choices = [choice.strip("' ") for choice in match[2].split(",")]
        hint = _did_you_mean(nearest(match[1], choices))
        if option == "--output" and PurePath(match[1]).suffix:  # then a file is meant
            hint = _did_you_mean(f"--out {match[1]}" if "--out" in options else None)
        return f"{option}: {match[1]!r} is not one of {', '.join(choices)}", hint
    for pattern, phrase in _PHRASES:
        if (match := re.fullmatch(pattern, message, re.S)) is not None:
            message = match.expand(phrase)
            break
    joint = " " if message.startswith(("must ", "is ", "and ")) else ": "
    hint = "give one of them" if message.startswith("and ") else None
    return f"{option}{joint}{message}", hint


def _named(param: Any) -> str:
    """Return an option by its longest name, an argument by its metavar."""
    if param.param_type_name == "option":
        return str(max(param.opts, key=len))
    return str(param.metavar or param.human_readable_name.upper()).strip("[]")


def _did_you_mean(guess: str | None) -> str | None:
    return f"did you mean {guess}?" if guess else None
