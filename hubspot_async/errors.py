"""Every exception this package raises, and which is a kind of which.

::

    HubSpotError
    ├── InputError                     also a ValueError: refused here, nothing was sent
    │   ├── UnknownTaskKindError       a task's JSON names a kind nobody passed
    │   └── UnsupportedVersionError    the pinned version lacks this call
    ├── SessionClosedError             used before ``async with``, or after it
    ├── TokenSourceError               the async callable given as token failed
    ├── ConnectionFailedError          no whole answer came back
    │   ├── RequestTimeoutError        it took longer than the session's limits
    │   └── TlsError                   the other end could not prove who it is
    ├── StartOutcomeUnknownError       a start was sent, and its answer was lost
    ├── InvalidResponseError           an answer came, but not the promised one
    ├── ResponseError                  HubSpot said no, and said why
    │   ├── BadRequestError            400
    │   ├── UnauthorizedError          401
    │   ├── TokenRefreshError          the token endpoint gives no new token
    │   ├── ForbiddenError             403
    │   ├── NotFoundError              404
    │   ├── LockedError                423
    │   ├── RateLimitError             429
    │   │   ├── DailyLimitError        the day's requests are used up
    │   │   └── ImportLimitError       an import too large, or the day's rows used up
    │   ├── AccountMigratingError      477
    │   └── ServerError                5xx
    ├── TaskError                      about one task, which it carries
    │   ├── TimedOutError              also a TimeoutError: the caller's deadline passed first
    │   ├── AlreadyFinishedError       the import to cancel is over
    │   ├── VanishedError              HubSpot no longer knows the task
    │   ├── TaskNotSucceededError      its result was asked for, but there will be none
    │   └── ResultMissingError         complete, and yet without its result
    ├── DownloadError                  an export's file could not be had whole
    │   └── UnsafeUrlError             the URL given for it is not one to open
    ├── FileFormatError                a file at hand is not what its reader was promised
    ├── JournalError                   a file is no journal to go on with: damaged, foreign, newer
    │   └── JournalInUseError          another run or watcher writes to it
    └── WatcherClosedError             the watcher or the run is not open, or was left while this waited

A `VersionEndedWarning` is no error: the API version that a session pins is one HubSpot no longer supports.
An ``OSError`` of your own disk is passed on as it is.
No error shows a token or the query of a signed URL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from hubspot_async.models.problems import ErrorDetail
    from hubspot_async.session.starts import UnansweredStart
    from hubspot_async.tasks import HubSpotTask


class HubSpotError(Exception):
    """Whatever goes wrong between you and HubSpot."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        """What went wrong, in one line."""

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(cls: type[HubSpotError], args: tuple[Any, ...], state: dict[str, Any]) -> HubSpotError:
    """Restore a pickled error without its constructor, whose keywords pickle cannot know."""
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class InputError(HubSpotError, ValueError):
    """What was passed in cannot be right; nothing was sent."""


class UnknownTaskKindError(InputError):
    """A task's JSON names a kind that is neither one of the four nor among those passed."""


class UnsupportedVersionError(InputError):
    """The API version pinned for the session lacks the call."""


class SessionClosedError(HubSpotError):
    """A session or its client was used before ``async with`` or after it."""


class TokenSourceError(HubSpotError):
    """The async callable that was given as token failed; its own exception is the ``__cause__``."""


class ConnectionFailedError(HubSpotError):
    """The request was not answered, or not to the end."""

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent
        """False only where HubSpot surely never saw the request."""


class RequestTimeoutError(ConnectionFailedError):
    """One request took longer than the session's ``timeouts`` allow."""


class TlsError(ConnectionFailedError):
    """The certificate of the other end is not to be trusted; never retried, never overlooked."""


class StartOutcomeUnknownError(HubSpotError):
    """A request that begins work was sent, and whether it was accepted is unknown.

    It is not sent again: HubSpot has no idempotency keys, and a second one would begin the work twice.
    """

    def __init__(self, message: str, *, start: UnansweredStart) -> None:
        super().__init__(message)
        self.start = start
        """What was asked, when, and how to find out."""


class InvalidResponseError(HubSpotError):
    """An answer came, but not one that can be read as promised."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status of the answer."""


class ResponseError(HubSpotError):
    """HubSpot refused the request; its own words, field by field."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        request: str = "",
        category: str | None = None,
        sub_category: str | None = None,
        correlation_id: str | None = None,
        errors: Sequence[ErrorDetail] = (),
        context: Mapping[str, Sequence[str]] | str | None = None,
        links: Mapping[str, str] | None = None,
        policy_name: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        """HTTP status."""
        self.request = request
        """Method and path of what was asked, without its query."""
        self.category = category
        """HubSpot's word for the kind of error, such as ``VALIDATION_ERROR``."""
        self.sub_category = sub_category
        self.correlation_id = correlation_id
        """What HubSpot's support asks for."""
        self.errors = tuple(errors)
        """The single faults HubSpot lists."""
        self.context = context
        self.links = links or {}
        self.policy_name = policy_name
        """Of a 429: which limit was hit, such as ``TEN_SECONDLY_ROLLING`` or ``DAILY``."""
        self.retry_after = retry_after
        """Seconds HubSpot asks to wait, where it says so."""

    def __str__(self) -> str:
        words = [str(self.status), self.category or ""]
        notes = [self.request, f"correlation id {self.correlation_id}" if self.correlation_id else ""]
        head = " ".join(filter(None, words))
        tail = ", ".join(filter(None, notes))
        return f"{head}: {self.message}" + (f" ({tail})" if tail else "")


class BadRequestError(ResponseError):
    """400: HubSpot could not accept the request as it is."""


class UnauthorizedError(ResponseError):
    """401: the token is missing, wrong or expired."""


class TokenRefreshError(ResponseError):
    """HubSpot gives no new token for the refresh token; ``category`` holds its word why, as ``BAD_REFRESH_TOKEN``."""


class ForbiddenError(ResponseError):
    """403: the token is good but may not do this; also a foreign or unknown export id."""


class NotFoundError(ResponseError):
    """404: no such route, or nothing under this id."""


class LockedError(ResponseError):
    """423: HubSpot holds a lock of about two seconds."""


class RateLimitError(ResponseError):
    """429: too many requests; ``policy_name`` says by which limit."""

    is_passing = True
    """Whether it may be asked again after a while."""


class DailyLimitError(RateLimitError):
    """429: the requests of the day are used up, by all private apps of the account together.

    The count begins again at midnight in the account's time zone (HubSpot's usage guidelines).
    """

    is_passing = False


class ImportLimitError(RateLimitError):
    """429: the file is too large, or the rows of the day are used up; sent again it would be refused again."""

    is_passing = False


class AccountMigratingError(ResponseError):
    """477: the account moves to another region, for up to a day; ``retry_after`` says how long."""


class ServerError(ResponseError):
    """5xx: HubSpot, or something in front of it, failed."""


class TaskError(HubSpotError):
    """Something about one task, which the error carries."""

    def __init__(self, message: str, task: HubSpotTask[Any]) -> None:
        super().__init__(message)
        self.task = task

    def __str__(self) -> str:
        return f"{self.task}: {self.message}"


class TimedOutError(TaskError, TimeoutError):
    """The time given for a task ran out; HubSpot may still be at work on it."""


class AlreadyFinishedError(TaskError):
    """The task to cancel is over; HubSpot's own refusal, a 400, is the ``__cause__``."""


class VanishedError(TaskError):
    """HubSpot knows the task no longer, or never did."""


class TaskNotSucceededError(TaskError):
    """The task has not ended well, so there is no result to fetch."""


class ResultMissingError(TaskError):
    """The task is complete, but its result did not come with it."""


class DownloadError(HubSpotError):
    """A file could not be fetched whole; nothing stands under its final name."""


class UnsafeUrlError(DownloadError):
    """The URL given for a file is not one to open: wrong scheme, credentials in it, a private address."""


class FileFormatError(HubSpotError):
    """A file at hand cannot be read as what it should be."""


class JournalError(HubSpotError):
    """A journal cannot be read or gone on with; it is left as it is."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class JournalInUseError(JournalError):
    """Another run or watcher writes to the journal; only one at a time does."""


class WatcherClosedError(HubSpotError):
    """The watcher or the bulk run is not open, or was left while someone waited on it; the work at HubSpot goes on."""


class VersionEndedWarning(UserWarning):
    """A session pins an API version that HubSpot no longer supports: it may go on answering, without corrections."""
