"""Every command that the documentation shows is one that the shipped command line has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest
import typer

from gateway.cli.commands import LazyCommand, sub_commands
from gateway.cli.main import app

if TYPE_CHECKING:
    from tests.unit.docs.conftest import Page

Pages: TypeAlias = "dict[str, Page]"

#: typer keeps the type of its commands private.
Command: TypeAlias = Any

#: What a person types. A block without a language may also be a drawing, and another program's
#: lines may hold anything, so only lines that call us are looked at.
_SHELLS: Final = {"", "sh", "bash", "console"}
_CALL: Final = re.compile(r"(?:sudo -u \S+ )?(?:\./run|mohr|\S+/bin/mohr) ")
_RUN_SCRIPT: Final = re.compile(r"^\t?([a-z]+)\)$", re.MULTILINE)
_INLINE: Final = re.compile(r"`((?:\./run )?mohr [^`:]+)`")
_EXEC: Final = re.compile(r"^ExecStart=\S*/mohr (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def root() -> Command:
    """The root command, with every installed sub-command."""
    group = typer.main.get_group(app)
    for command in sub_commands():
        group.add_command(command)
    return group


def resolve(root: Command, words: list[str]) -> tuple[Command, list[str]]:
    """Walk the tree of commands: the command that the words mean, and the words left for it."""
    command, rest = root, list(words)
    while True:
        if isinstance(command, LazyCommand):
            command = command._load()
        commands = getattr(command, "commands", {})
        if not rest or rest[0] not in commands:
            return command, rest
        command = commands[rest.pop(0)]


@dataclass(slots=True)
class Read:
    """What a command line gives to a command."""

    positional: int = 0
    given: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    leaves: bool = False


def read(command: Command, words: list[str]) -> Read:
    """Take options and arguments apart, as the command would."""
    with command.make_context("mohr", [], resilient_parsing=True) as context:
        parameters = command.get_params(context)  # with --help, which is no parameter of ours
    options = {name: one for one in parameters for name in (*one.opts, *one.secondary_opts)}
    found, rest = Read(), list(words)
    while rest:
        word, _, joined = rest.pop(0).partition("=")
        option = options.get(word)
        if not word.startswith("-"):
            found.positional += 1
        elif option is None:
            found.wrong.append(f"no option {word}")
        else:
            found.given.add(option.name)
            # --help and --version leave before anything else is looked at.
            found.leaves |= option.is_eager
            if not option.is_flag and not joined and not rest:
                found.wrong.append(f"{word} needs a value")
            elif not option.is_flag and not joined:
                rest.pop(0)
    return found


def complaints(root: Command, words: list[str], *, whole: bool) -> list[str]:
    """What is wrong with a command line, without running it.

    Args:
        root: the root command.
        words: what follows ``mohr``.
        whole: whether it must be complete, as in a block, or may only name a command, as in a
            sentence.
    """
    command, rest = resolve(root, words)
    found = read(command, rest)
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    wrong = list(found.wrong)
    endless = any(one.nargs == -1 for one in arguments)
    if found.positional > len(arguments) and not endless:
        wrong.append("no such command or too many arguments")
    if not whole or found.leaves:
        return wrong
    if getattr(command, "commands", {}) and not command.invoke_without_command:
        wrong.append("a command is missing")
    if found.positional < sum(one.required for one in arguments):
        wrong.append("an argument is missing")
    needed = [one for one in command.params if one.required and one.param_type_name == "option"]
    return wrong + [f"{one.opts[0]} is missing" for one in needed if one.name not in found.given]


def command_lines(text: str) -> Iterator[list[str]]:
    """The words of each of our commands in a block, without prompts and comments."""
    for line in text.replace("\\\n", " ").splitlines():
        if _CALL.match(line.removeprefix("$ ")):
            yield shlex.split(line.removeprefix("$ "), comments=True)


def shown(page: Page) -> Iterator[tuple[list[str], bool]]:
    """Every command line of ours on a page, and whether it stands in a block."""
    for block in page.blocks:
        if block.language in _SHELLS:
            yield from ((words, True) for words in command_lines(block.text))
    for line in _EXEC.findall(page.text):
        yield ["mohr", *shlex.split(line)], True
    for code in _INLINE.findall(page.prose):
        # A sentence may leave out what the reader sees beside it: values, alternatives.
        yield re.split(r" ?[…|]", code)[0].split(), False


def ours(words: list[str]) -> list[str] | None:
    """What follows ``mohr``, in all ways to call it; None for somebody else's command."""
    if words[:2] == ["sudo", "-u"]:
        words = words[3:]
    if words[:2] == ["./run", "mohr"]:
        return words[2:]
    return words[1:] if words and words[0].rsplit("/", 1)[-1] == "mohr" else None


def test_every_mohr_command_exists_with_its_options(pages: Pages, root: Command) -> None:
    """Each `mohr …` in the documentation is a command with options and arguments it has."""
    wrong = []
    seen = 0
    for page in pages.values():
        for words, whole in shown(page):
            arguments = ours(words)
            if arguments is None:
                continue
            seen += 1
            found = complaints(root, arguments, whole=whole)
            wrong += [f"{page.name}: mohr {' '.join(arguments)}: {problem}" for problem in found]
    assert seen > 40
    assert wrong == []


def test_every_run_command_exists(pages: Pages, project_root: Command) -> None:
    """Each `./run …` in the documentation is a command of the script."""
    script = (project_root / "run").read_text(encoding="utf-8")
    known = set(_RUN_SCRIPT.findall(script))
    assert {"demo", "test", "check", "mohr"} <= known
    used = {
        (page.name, words[1])
        for page in pages.values()
        for block in page.blocks
        if block.language in _SHELLS
        for words in command_lines(block.text)
        if words[0] == "./run"
    }
    assert used
    assert {(name, word) for name, word in used if word not in known} == set()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("ledger audit", "--dir is missing"),
        ("ledger audit --dir x --nonsense", "no option --nonsense"),
        ("ledger nonsense --dir x", "no such command"),
        ("terminal add --branch b --dir x", "an argument is missing"),
        ("terminal add a b --branch b --dir x", "too many arguments"),
        ("gateway", "a command is missing"),
        ("broker run --port", "--port needs a value"),
    ],
)
def test_a_wrong_command_would_be_seen(root: Command, line: str, problem: str) -> None:
    """Each kind of mistake in a command line is found."""
    assert any(problem in found for found in complaints(root, line.split(), whole=True))


@pytest.mark.parametrize(
    "line", ["demo --once", "ledger audit --dir=x --json", "sim shop --seed 7"]
)
def test_a_right_command_passes(root: Command, line: str) -> None:
    """What the command line would take is not complained of."""
    assert complaints(root, line.split(), whole=True) == []
