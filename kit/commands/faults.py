"""A fault of a command becomes one line and an exit code."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

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

_INTERRUPTED = "interrupted; what was half done is gone."


class _Ended(SystemExit):
    """A SIGTERM came: no Exception, so that nothing goes on by mistake.

    It is of this kind because asyncio swallows every other one, where it hits a callback.
    """


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
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except (Exception, KeyboardInterrupt, _Ended) as fault:
        cause = _signal_behind(fault) or fault
        exit_code, text = _ending(cause)
        if not text or (debug and isinstance(cause, Exception) and not _is_usage(cause)):
            raise
        print_note(text)
        return exit_code
    if result == Interrupted.exit_code:  # what the group of all commands makes of it
        print_note(_INTERRUPTED)
    return result if isinstance(result, int) else 0


def end_on_sigterm() -> None:
    """Let a scheduler's SIGTERM clean up what is half done."""
    import signal

    def end(number: int, frame: object) -> None:
        raise _Ended

    signal.signal(signal.SIGTERM, end)


def _ending(cause: BaseException) -> tuple[int, str]:
    """The exit code of what ended a command, and its line; an empty one if nobody expects it."""
    if isinstance(cause, _Ended):
        return Terminated.exit_code, "terminated; what was half done is gone."
    if isinstance(cause, KeyboardInterrupt | click.Abort):
        return Interrupted.exit_code, _INTERRUPTED
    if isinstance(cause, KitError):
        return cause.exit_code, str(cause)
    if isinstance(cause, click.UsageError):
        return UsageError.exit_code, _usage(cause)
    return SourceError.exit_code, source_fault_in(cause)


def _is_usage(fault: Exception) -> bool:
    """Whether a command was wrong, or nobody wanted it any more: a traceback says nothing then."""
    return isinstance(fault, click.UsageError | click.Abort)


def _signal_behind(fault: BaseException | None) -> BaseException | None:
    """What a signal's handler raised, if a fault comes from that.

    DuckDB 1.5 ends a question by a RuntimeError with it as the cause.
    """
    while fault and not isinstance(fault, KeyboardInterrupt | _Ended):
        fault = fault.__cause__ or fault.__context__
    return fault


def _usage(fault: Any) -> str:
    """One line for a wrong command or option; Click adds the nearest right name."""
    message = fault.format_message().rstrip(".")
    if isinstance(fault, click.NoSuchOption):
        alike = ", ".join(sorted(fault.possibilities or ()))
        message = f"No such option: {fault.option_name}"
        message += f" (Possible options: {alike})" if alike else ""
    command = fault.ctx.command_path if fault.ctx else "okta-kit"
    return f"{message}{'' if message.endswith('?') else '.'} See {command} --help."
