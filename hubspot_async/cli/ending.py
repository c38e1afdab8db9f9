"""How a command ends: its exit status, and the one line that says why and what to do."""

from __future__ import annotations

import re
import shlex
import traceback
from collections.abc import Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from hubspot_async import errors
from hubspot_async.cli.screen.words import complain, one_line

if TYPE_CHECKING:
    from hubspot_async import HubSpotTask


class Exit(IntEnum):
    """The exit statuses there are; a script may rely on them."""

    DONE = 0
    """All that was asked for has been done."""
    FAILED = 1
    """Something of it went wrong: a task that did not end well, rows that HubSpot did not take, a file that is none."""
    USAGE = 2
    """The command line, or a file given with it, cannot be used; nothing was sent."""
    TOKEN = 3
    """There is no token, it is not good, or it may not do this."""
    REFUSED = 4
    """HubSpot refused: what was asked for is wrong, or a limit is reached."""
    UNREACHABLE = 5
    """HubSpot could not be reached or did not answer as it should, or the time was up; later it may work."""
    UNKNOWN = 6
    """A start was sent and its answer lost: look whether it has begun before you start it again."""
    MACHINE = 7
    """This machine would not: a file cannot be read or written, a journal is damaged or in use, a port is taken."""
    MISTAKE = 70
    """A mistake in hubspot-async itself."""
    INTERRUPTED = 130
    """Ctrl-C."""
    READER_GONE = 141
    """Who read the output has gone away."""
    TERMINATED = 143
    """SIGTERM."""


class AccountError(errors.InputError):
    """There is no token to be had for an account."""


class Terminated(BaseException):
    """SIGTERM came."""


_STATUSES: Mapping[type[BaseException], Exit] = {
    AccountError: Exit.TOKEN,
    errors.UnauthorizedError: Exit.TOKEN,
    errors.ForbiddenError: Exit.TOKEN,
    errors.TokenRefreshError: Exit.TOKEN,
    errors.TokenSourceError: Exit.TOKEN,
    errors.InputError: Exit.USAGE,
    errors.ServerError: Exit.UNREACHABLE,
    errors.ResponseError: Exit.REFUSED,
    errors.ConnectionFailedError: Exit.UNREACHABLE,
    errors.InvalidResponseError: Exit.UNREACHABLE,
    errors.DownloadError: Exit.UNREACHABLE,
    errors.TimedOutError: Exit.UNREACHABLE,
    errors.StartOutcomeUnknownError: Exit.UNKNOWN,
    errors.TaskError: Exit.FAILED,
    errors.FileFormatError: Exit.FAILED,
    errors.JournalError: Exit.MACHINE,
    errors.HubSpotError: Exit.MISTAKE,
    BrokenPipeError: Exit.READER_GONE,
    OSError: Exit.MACHINE,
    KeyboardInterrupt: Exit.INTERRUPTED,
    Terminated: Exit.TERMINATED,
    BaseException: Exit.MISTAKE,
}

_ADVICE: Mapping[type[BaseException], str] = {
    errors.UnauthorizedError: "Check the token: hubspot-async whoami",
    errors.ForbiddenError: "Check what the token may do, and that the id is one of this account: hubspot-async whoami",
    errors.TokenRefreshError: "Install the app in the account anew",
    errors.NotFoundError: "Check the id, and that it is one of this account",
    errors.DailyLimitError: "The count begins again at midnight in the account's time zone",
    errors.ImportLimitError: "Make the file smaller, or wait for the next day",
    errors.RateLimitError: "Try again in a while: others use up the account's requests",
    errors.LockedError: "Try again in a while",
    errors.AccountMigratingError: "Try again when the account has moved, within a day",
    errors.ServerError: "Try again in a while; status.hubspot.com says whether it is HubSpot",
    errors.TlsError: "Find out who stands between this machine and HubSpot",
    errors.ConnectionFailedError: "Check the network, then try again",
    errors.InvalidResponseError: "Try again in a while; a proxy may stand between this machine and HubSpot",
    errors.UnsafeUrlError: "Find out who stands between this machine and HubSpot",
    errors.DownloadError: "The export is still at HubSpot: hubspot-async watch export:ID --to PATH fetches it",
    errors.TimedOutError: "HubSpot goes on with it: hubspot-async watch {task} takes it up again",
    errors.StartOutcomeUnknownError: "Look whether it has begun before you start it again",
    errors.VanishedError: "Start it anew",
    errors.TaskNotSucceededError: "Start it anew",
    errors.ResultMissingError: "Start it anew",
    Exception: "This is a mistake in hubspot-async: --debug shows where",
}
_ARGUMENT = re.compile(r"\b(overwrite|restart_unknown)=True\b")
"""What an error tells a program to pass, and a person has as an option."""
_ASIDE = (OSError, errors.HubSpotError)
"""What has no advice unless it has one of its own: it says by itself what to do."""


def status_of(error: BaseException) -> Exit:
    """Give the exit status of a command that ended with *error*."""
    return next(_STATUSES[cls] for cls in type(error).__mro__ if cls in _STATUSES)


def advice_on(error: BaseException) -> str:
    """Say what to do about an error, if there is more to say than it says itself."""
    scopes = missing_scopes(error)
    if scopes:
        return f"Grant the token {' or '.join(scopes)}"
    for cls in type(error).__mro__:
        if cls in _ASIDE:
            return ""
        if cls in _ADVICE:
            task = getattr(error, "task", None)
            return _ADVICE[cls].format(task=_named(task) if task else "KIND:ID")
    return ""


def _named(task: HubSpotTask[Any]) -> str:
    """Name a task as the arguments of `watch` do."""
    whose = f" --account {shlex.quote(task.account)}" if task.account else ""
    return f"{task.kind.name}:{task.id}{whose}"


def missing_scopes(error: BaseException) -> tuple[str, ...]:
    """Name the scopes of which HubSpot says that the token needs one."""
    if not isinstance(error, errors.ForbiddenError):
        return ()
    contexts = [error.context, *(each.context for each in error.errors)]
    named = [context.get("requiredGranularScopes", ()) for context in contexts if isinstance(context, Mapping)]
    return tuple(dict.fromkeys(scope for scopes in named for scope in scopes))


def worded(error: BaseException, whose: str | None = None) -> str:
    """Word an error in one line: whose it is, what happened, what to do."""
    what = _ARGUMENT.sub(lambda found: f"--{found[1].replace('_', '-')}", one_line(error))
    if not isinstance(error, (OSError, errors.HubSpotError)):
        what = f"{type(error).__name__}: {what}" if str(error) else what
    advice = advice_on(error)
    return ". ".join(filter(None, [f"{whose}: {what}" if whose else what, advice])).replace("..", ".")


def tell(error: BaseException, *, debug: bool = False, whose: str | None = None) -> Exit:
    """Say on stderr why a command ends, and give its exit status."""
    if debug:
        traceback.print_exception(error)
    if not isinstance(error, KeyboardInterrupt | Terminated):
        complain(worded(error, whose))
    return status_of(error)
