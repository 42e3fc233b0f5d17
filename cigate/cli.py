"""The command line: finds the command, runs it, and turns every refusal into words and an exit code.

Must not know what a command does: that is in cigate/commands/, one module each, imported when needed.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import contextmanager, suppress
from importlib import import_module

from cigate import __version__
from cigate.errors import CigateError, MissingExtra
from cigate.reporters.escape import escape

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import NoReturn, Protocol

    class Command(Protocol):
        """A module of cigate.commands."""

        HELP: str
        EXAMPLE: str

        def add_arguments(self, parser: argparse.ArgumentParser) -> None:
            """Declare what the command understands."""

        def run(self, args: argparse.Namespace) -> int:
            """Do it and return the exit code."""
            ...


COMMANDS = {
    "init": "cigate.commands.init",
    "install": "cigate.commands.install",
    "uninstall": "cigate.commands.uninstall",
    "doctor": "cigate.commands.doctor",
    "import": "cigate.commands.import_",
    "backfill": "cigate.commands.backfill",
    "record": "cigate.commands.record",
    "run": "cigate.commands.run",
    "flush": "cigate.commands.flush",
    "compact": "cigate.commands.compact",
    "forget-author": "cigate.commands.forget_author",
    "prune": "cigate.commands.prune",
    "export": "cigate.commands.export",
    "generate": "cigate.commands.generate",
    "mine": "cigate.commands.mine",
    "train": "cigate.commands.train",
    "backtest": "cigate.commands.backtest",
    "report": "cigate.commands.report",
    "predict": "cigate.commands.predict",
    "explain": "cigate.commands.explain",
    "scorecard": "cigate.commands.scorecard",
    "publish": "cigate.commands.publish",
    "retrain": "cigate.commands.retrain",
    "pull": "cigate.commands.pull",
    "models": "cigate.commands.models",
}
SHELLS = ("bash", "zsh", "tcsh")
COULD_NOT, INTERRUPTED, TERMINATED = CigateError.exit_code, 130, 143
CODES = (
    "exit codes: 0 pass, or warned; 1 blocked; 2 usage; 3 cigate could not judge; 4 kept the old model;"
    " 130 interrupted; 143 terminated"
)


class Terminated(BaseException):
    """SIGTERM has come: what is half done is undone on the way out, as with Ctrl-C."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaints repeat no password: what is not understood may be a store's URL."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end with 2."""
        import re

        super().error(re.sub(r"(--[\w-]+=)?\S*(?:://|@)\S*", r"\1***", message))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        with _ending_in_order():
            code = _run(arguments)
            sys.stdout.flush()
    except CigateError as error:
        _complain(str(error), error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        _complain("interrupted")
        return INTERRUPTED
    except Terminated:
        _complain("terminated")
        return TERMINATED
    except BrokenPipeError:
        # Whoever read our answer is gone; Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT
    except SystemExit as end:  # argparse, after --help or a usage error
        return end.code if isinstance(end.code, int) else 0
    except Exception as error:
        from cigate.breakage import describe

        _complain(*describe(error, os.environ))
        return COULD_NOT
    return code


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does, unless whoever started it has it ignored."""

    def end(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one must not stop the undoing
        raise Terminated

    try:
        before = signal.getsignal(signal.SIGTERM)
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, end)
    except ValueError:  # not the main thread, which alone hears of signals
        before = None
    try:
        yield
    finally:
        if before is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, before)


def build_parser(names: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the commands `names`; only their modules are imported."""
    parser = Parser(
        prog="cigate",
        description="Says before a push leaves the laptop whether it will break CI.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"cigate {__version__}")
    parser.add_argument("--print-completion", choices=SHELLS, help="print a completion script for a shell")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name in names:
        module = open_command(name)
        own = commands.add_parser(
            name,
            help=module.HELP,
            description=module.HELP,
            epilog=f"example:\n  {module.EXAMPLE}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(own)
    return parser


def open_command(name: str) -> Command:
    """Return the module of the command `name`, a key of COMMANDS."""
    command: Command = import_module(COMMANDS[name])
    return command


def _run(arguments: list[str]) -> int:
    known = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    parser = build_parser(known)
    args = parser.parse_args(arguments)
    if args.print_completion:
        sys.stdout.write(_completion(parser, args.print_completion))
        return 0
    if not args.command:
        parser.print_help()
        return 0
    return open_command(args.command).run(args)


def _completion(parser: argparse.ArgumentParser, shell: str) -> str:
    try:
        import shtab
    except ImportError:
        raise MissingExtra("shell completion", "cli") from None
    return str(shtab.complete(parser, shell=shell)) + "\n"


def _complain(message: str, hint: str = "") -> None:
    lines = [f"cigate: {escape(message)}", *([f"  {escape(hint)}"] if hint else [])]
    with suppress(OSError):  # nobody may be listening; the exit code still tells
        print("\n".join(lines), file=sys.stderr, flush=True)
