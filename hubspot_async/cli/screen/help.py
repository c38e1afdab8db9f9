"""The help of a command, out of its docstring and its parameters: plain text, for any terminal of 80 columns."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from cyclopts import App

WIDTH = 79
_INDENT = 2
_NAMES = 26
"""Columns for the names of options; what one is for begins behind them, or below."""
_COMMANDS = 12

_VALUES: Mapping[type, str] = {Path: "PATH", float: "SECONDS", int: "NUMBER"}
"""What stands for the value of an option, by its type; else the option's name does."""


def help_of(app: App, words: Sequence[str]) -> str:
    """Write the help of the command that *words* name."""
    chain, apps, _ = app.parse_commands(words)
    command = apps[-1]
    arguments = [] if command.default_command is None else _arguments(command)
    lines = [f"Usage: {_usage([app.name[0], *chain], command, arguments)}", "", *_description(command)]
    if list(command):
        lines += ["", "Commands:"]
        lines += (line for name in command for line in _entry(name, _first_line(command[name]), _COMMANDS))
    sections: dict[str, list[tuple[str, str]]] = {}
    for argument in arguments:
        sections.setdefault(_section(argument), []).append((_names(argument), _purpose(argument)))
    for title in sorted(sections, key=lambda title: title.endswith("command")):
        lines += ["", f"{title}:", *(line for entry in sections[title] for line in _entry(*entry, _NAMES))]
    if command is app:
        lines += ["", "hubspot-async COMMAND --help tells more of each, --version which one this is."]
    return "\n".join(lines)


def _arguments(command: App) -> list[Any]:
    return [each for each in command.assemble_argument_collection(parse_docstring=False) if each.show]


def _usage(chain: Sequence[str], command: App, arguments: Sequence[Any]) -> str:
    words = [*chain]
    if list(command):
        words.append("COMMAND")
    for argument in arguments:
        if argument.index is not None:
            name = f"{argument.name}…" if _is_many(argument) else argument.name
            words.append(name if argument.required else f"[{name}]")
        elif argument.required:
            words.append(f"{argument.name} {_value(argument)}")
    if any(argument.index is None and not argument.required for argument in arguments):
        words.append("[OPTIONS]")
    return " ".join(words)


def _description(command: App) -> Iterator[str]:
    for line in _written(command).splitlines():
        yield from textwrap.wrap(line, WIDTH) if len(line) > WIDTH else [line]


def _first_line(command: App) -> str:
    return next(iter(_written(command).splitlines()), "")


def _written(command: App) -> str:
    """Give what a command's docstring says, or was said of a group of commands."""
    text = command.help if command.default_command is None else inspect.getdoc(command.default_command)
    return text or ""


def _section(argument: Any) -> str:
    if argument.index is not None:
        return "Arguments"
    group = next((group.name for group in argument.parameter.group), "")
    return group if group and group != "Parameters" else "Options"


def _names(argument: Any) -> str:
    if argument.index is not None:
        return str(argument.name)
    names = ", ".join(argument.names)
    return names if argument.hint is bool else f"{names} {_value(argument)}"


def _value(argument: Any) -> str:
    types = {*get_args(argument.hint), argument.hint}
    named = str(argument.name).lstrip("-").replace("-", "_").upper()
    return next((word for kind, word in _VALUES.items() if kind in types), named)


def _is_many(argument: Any) -> bool:
    return str(argument.hint).startswith(("list", "tuple"))


def _purpose(argument: Any) -> str:
    default = argument.field_info.default
    is_told = argument.required or default in (None, False, argument.field_info.empty)
    return str(argument.parameter.help or "") + ("" if is_told else f" [{default}]")


def _entry(names: str, purpose: str, width: int) -> Iterator[str]:
    """Write names and what they are for, side by side if there is room."""
    indent = " " * _INDENT
    lines = textwrap.wrap(purpose, WIDTH - _INDENT - width)
    if len(names) >= width:
        yield indent + names
    else:
        yield (indent + names.ljust(width) + (lines.pop(0) if lines else "")).rstrip()
    yield from (" " * (_INDENT + width) + line for line in lines)
