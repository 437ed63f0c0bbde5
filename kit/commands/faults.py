"""A fault of a command becomes one line and an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from kit.base.errors import (
    Interrupted,
    KitError,
    SourceError,
    Terminated,
    UsageError,
    source_fault_in,
)
from kit.commands.notes import print_note

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["end_on_sigterm", "exit_code_of"]

_WRONG_USAGE: type[Exception] = typer.BadParameter.__bases__[0]
"""Click's UsageError: typer brings its own copy of Click, and names this subclass alone."""


class _Ended(BaseException):
    """A SIGTERM came. Like KeyboardInterrupt it is no Exception, so nothing goes on by mistake."""


def exit_code_of(call: Callable[[], object], *, debug: bool) -> int:
    """Make a call, and say a fault in one line.

    Args:
        call: what a command does; an ``int`` that it returns is the exit code.
        debug: let a fault through, with its traceback.

    Returns:
        The exit code that ``kit.base.errors`` gives.
    """
    try:
        result = call()
    except KitError as fault:
        if debug:
            raise
        print_note(str(fault))
        return fault.exit_code
    except _WRONG_USAGE as fault:
        print_note(_usage(fault))
        return UsageError.exit_code
    except (typer.Abort, KeyboardInterrupt):
        result = Interrupted.exit_code
    except _Ended:
        return _end_by_sigterm()
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception as fault:
        signal = _signal_behind(fault)
        if isinstance(signal, _Ended):
            return _end_by_sigterm()
        if not signal:
            if debug or not (text := source_fault_in(fault)):
                raise
            print_note(text)
            return SourceError.exit_code
        result = Interrupted.exit_code
    if result == Interrupted.exit_code:  # typer turns the interrupt into this code
        print_note("interrupted; what was half done is gone.")
    return result if isinstance(result, int) else 0


def end_on_sigterm() -> None:
    """Let a scheduler's SIGTERM clean up what is half done."""
    import signal

    def end(number: int, frame: object) -> None:
        raise _Ended

    signal.signal(signal.SIGTERM, end)


def _end_by_sigterm() -> int:
    print_note("terminated; what was half done is gone.")
    return Terminated.exit_code


def _signal_behind(fault: BaseException | None) -> BaseException | None:
    """What a signal's handler raised, if a fault comes from that.

    DuckDB 1.5 ends a question by a RuntimeError with it as the cause.
    """
    while fault and not isinstance(fault, KeyboardInterrupt | _Ended):
        fault = fault.__cause__ or fault.__context__
    return fault


def _usage(fault: Any) -> str:
    """One line for a wrong command or option; Click adds the nearest right name."""
    message = fault.format_message().rstrip(".").replace("Value error, ", "")
    command = fault.ctx.command_path if fault.ctx else "okta-kit"
    return f"{message}{'' if message.endswith('?') else '.'} See {command} --help."
