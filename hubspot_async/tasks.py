"""A task as a value, and the kinds of task there are."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from attrs import field, frozen

from hubspot_async.errors import InputError, UnknownTaskKindError
from hubspot_async.models.exports import Export, ExportStatus
from hubspot_async.models.files import FileImportStatus
from hubspot_async.models.folders import FolderUpdateStatus
from hubspot_async.models.imports import Import
from hubspot_async.models.problems import StandardError
from hubspot_async.models.values import Page, Time
from hubspot_async.wire.request import Request, Sender, goes_on_the_host, is_unsendable, segment
from hubspot_async.wire.versions import SUPPORTED_UNTIL, Family, Versions


class Snapshot(Protocol):
    """What one look at a task shows; every model that answers a status call is one."""

    @property
    def status(self) -> str:
        """HubSpot's word for how far it has come."""
        ...

    @property
    def is_terminal(self) -> bool:
        """Whether HubSpot will not move on from here by itself."""
        ...

    @property
    def succeeded(self) -> bool:
        """Whether the work was done; ``errors`` may still name parts that failed."""
        ...

    @property
    def completed_at(self) -> Time | None:
        """When it ended, by HubSpot's clock."""
        ...

    @property
    def errors(self) -> Sequence[StandardError]:
        """What HubSpot says went wrong."""
        ...


S = TypeVar("S", bound=Snapshot)


@frozen
class TaskKind(Generic[S]):
    """How tasks of one kind are asked about: one status, or many at once where HubSpot has a list of them.

    *status_path* holds ``{id}``; *promise* is the model that answers. *list_request* takes a version and the mark of a
    page and asks for a page of snapshots, newest first, each with its ``id``. *start_call* names the start where not
    every version has it. Two kinds are equal where their names are.
    """

    name: str
    family: Family = field(eq=False, repr=False)
    status_path: str = field(eq=False, repr=False, validator=goes_on_the_host)
    promise: type[S] = field(eq=False, repr=False)
    list_request: Callable[[str, str | None], Request[Page[Any]]] | None = field(default=None, eq=False, repr=False)
    details_request: Callable[[HubSpotTask[S]], Request[Any]] | None = field(default=None, eq=False, repr=False)
    """Asks for the fuller record that says why a task was canceled, or waits so long."""
    start_call: str | None = field(default=None, eq=False, repr=False)
    has_result: bool = field(default=True, eq=False, repr=False)
    """Whether a COMPLETE snapshot is to carry a result."""

    def status_request(self, task: HubSpotTask[S]) -> Request[S]:
        """Build the request for one look at *task*."""
        path = self.status_path.replace("{id}", segment(task.id))
        return Request("GET", self.family, task.version, path, self.promise)

    def task(
        self,
        id: str | int,
        *,
        version: str | None = None,
        account: str | None = None,
        started_at: datetime | None = None,
    ) -> HubSpotTask[S]:
        """Name a task of this kind by its bare id."""
        version = version or Versions().version_of(self.family, self.start_call)
        return HubSpotTask(self, id, version, started_at=started_at, account=account)

    def started(self, id: str, request: Request[Any], session: Sender) -> HubSpotTask[S]:
        """Name the task that HubSpot has just begun in answer to *request*."""
        return HubSpotTask(self, id, request.version, started_at=session.now(), account=session.account)


def _id(value: str | int) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise InputError(f"HubSpotTask.id must be text or a number, not {value!r}")
    segment(str(value))
    return str(value)


def _known_version(_task: object, _attribute: object, version: str) -> None:
    if version not in SUPPORTED_UNTIL:
        raise InputError(f"HubSpotTask.version must be one of {', '.join(SUPPORTED_UNTIL)}, not {version!r}")


def check_account(account: str | None) -> None:
    """Refuse what cannot be the name of an account.

    Raises InputError.
    """
    if account is None:
        return
    if not isinstance(account, str) or len(account) > _LONGEST_ACCOUNT or any(map(is_unsendable, account)):
        raise InputError(f"account must be a name of one line, not {str(account)[:50]!r}")


def _has_name(_task: object, _attribute: object, account: str | None) -> None:
    check_account(account)


def _has_zone(_task: object, _attribute: object, moment: datetime | None) -> None:
    if moment is not None and moment.tzinfo is None:
        raise InputError("HubSpotTask.started_at must have its time zone")


@frozen
class HubSpotTask(Generic[S]):
    """A handle on work that HubSpot does in the background.

    It holds no session and no token, so it can be compared, logged, stored, and taken up elsewhere. Two of them are
    equal where kind, id and account are.
    """

    kind: TaskKind[S]
    id: str = field(converter=_id)
    version: str = field(validator=_known_version, eq=False)
    """The API version that made it, and that it is asked about in."""
    started_at: datetime | None = field(default=None, eq=False, kw_only=True, validator=_has_zone)
    """When HubSpot was asked, by HubSpot's clock; it tells the age of the task."""
    account: str | None = field(default=None, kw_only=True, validator=_has_name)
    """Whose it is, where the session was given a name."""

    def __str__(self) -> str:
        return f"{self.kind.name} {self.id}" + (f" of {self.account}" if self.account else "")

    def to_json(self) -> str:
        """Write the task as JSON, to be taken up again with `from_json`."""
        return json.dumps(
            {
                "kind": self.kind.name,
                "id": self.id,
                "version": self.version,
                "started_at": self.started_at.isoformat() if self.started_at else None,
                "account": self.account,
            },
            ensure_ascii=False,
        )

    @staticmethod
    def from_json(text: str, *, kinds: Iterable[TaskKind[Any]] = ()) -> HubSpotTask[Any]:
        """Read a task that `to_json` wrote, of one of the four kinds or of those passed in *kinds*.

        Raises UnknownTaskKindError for any other kind, and InputError for what is no task.
        """
        try:
            written = json.loads(text) if len(text) <= _LONGEST_JSON else None
        except (ValueError, RecursionError):
            written = None
        if not isinstance(written, dict):
            raise InputError("this is not the JSON of a task")
        known = {kind.name: kind for kind in (*KINDS, *kinds)}
        name = written.get("kind")
        if not isinstance(name, str) or name not in known:
            raise UnknownTaskKindError(f"a task's kind is {name!r}, which is not one of {', '.join(known)}")
        return HubSpotTask(
            known[name],
            _text(written, "id"),
            _text(written, "version"),
            started_at=_moment(written.get("started_at")),
            account=_text(written, "account") if written.get("account") is not None else None,
        )


_LONGEST_JSON = 10_000
_LONGEST_ACCOUNT = 500


def _text(written: dict[str, Any], key: str) -> str:
    value = written.get(key)
    if not isinstance(value, str):
        raise InputError(f"a task's {key} must be text, not {value!r}")
    return value


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise InputError(f"a task's started_at must be an ISO 8601 time, not {value!r}")
    return moment


def _imports_page(version: str, after: str | None) -> Request[Page[Any]]:
    return Request("GET", Family.IMPORTS, version, "", Page[Import], query={"limit": 100, "after": after})


def _export_record(task: HubSpotTask[Any]) -> Request[Any]:
    return Request("GET", Family.EXPORTS, task.version, f"/export/{segment(task.id)}", Export)


EXPORT: TaskKind[ExportStatus] = TaskKind(
    "export",
    Family.EXPORTS,
    "/export/async/tasks/{id}/status",
    ExportStatus,
    details_request=_export_record,
)
"""A CRM export; its result is the URL of a file."""

IMPORT: TaskKind[Import] = TaskKind("import", Family.IMPORTS, "/{id}", Import, _imports_page, has_result=False)
"""A CRM import, which is its own task: what is looked at is HubSpot's record of it."""

FILE_IMPORT: TaskKind[FileImportStatus] = TaskKind(
    "file-import", Family.FILES, "/import-from-url/async/tasks/{id}/status", FileImportStatus
)
"""A file that HubSpot fetches from a URL; its result is the file."""

FOLDER_UPDATE: TaskKind[FolderUpdateStatus] = TaskKind(
    "folder-update", Family.FOLDERS, "/update/async/tasks/{id}/status", FolderUpdateStatus, start_call="update"
)
"""A folder that moves or changes its name, with all below it; its result is the folder."""

KINDS: tuple[TaskKind[Any], ...] = (EXPORT, IMPORT, FILE_IMPORT, FOLDER_UPDATE)
"""The kinds a task's JSON may name without being told of them."""
