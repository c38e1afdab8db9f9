"""Operators: start, wait without a worker, and take what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from hubspot_async.endpoints import imports
from hubspot_async.errors import (
    BadRequestError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StartOutcomeUnknownError,
)
from hubspot_async.integrations import steps
from hubspot_async.integrations.airflow.hook import HubSpotHook
from hubspot_async.integrations.airflow.memory import Memory
from hubspot_async.integrations.airflow.trigger import HubSpotTaskTrigger, describe
from hubspot_async.integrations.plain import Plain, Request, read_request, read_task, write_request, write_task
from hubspot_async.models.exports import ListExport, ViewExport
from hubspot_async.models.files import ImportFromUrl
from hubspot_async.models.folders import FolderUpdate
from hubspot_async.models.imports import ImportRequest
from hubspot_async.results.download import SavedFile, download
from hubspot_async.session.session import HubSpotSession
from hubspot_async.tasks import HubSpotTask
from hubspot_async.watching.watcher import TaskGroupWatcher

_FINAL = (InputError, BadRequestError, ForbiddenError, NotFoundError)
"""Refusals that another try would only meet again."""


class HubSpotTaskOperator(BaseOperator):
    """Starts a task of HubSpot's, waits for its end in the triggerer, and fails unless it succeeds.

    *request* is a model or the dict that `hubspot_async.integrations.plain.write_request` makes of one, whose words may
    be templates. What was started is written down at once, so a later try waits for that and starts nothing; one that
    has failed at HubSpot is started anew by the next try. Where a try died while it asked, nobody knows whether HubSpot
    accepted; *on_unknown_start* says whether to ``"fail"`` then, or to ``"start"`` again, perhaps for the second time.

    With *deferrable* off, it holds its worker while it waits. Its XCom is the outcome, as `write_outcome` makes it.
    """

    template_fields: Collection[str] = ("request", "hubspot_conn_id")
    requests: ClassVar[tuple[type[Any], ...]] = ()
    """What it may be asked for."""

    def __init__(
        self,
        *,
        request: Request | Mapping[str, Any],
        hubspot_conn_id: str = HubSpotHook.default_conn_name,
        deferrable: bool = True,
        on_unknown_start: Literal["fail", "start"] = "fail",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.request = dict(request) if isinstance(request, Mapping) else write_request(request)
        self.hubspot_conn_id = hubspot_conn_id
        self.deferrable = deferrable
        self.on_unknown_start = on_unknown_start
        names = [kind.__name__ for kind in self.requests]
        if self.request.get("type") not in names:
            raise InputError(f"request must be a {' or a '.join(names)}, not a {self.request.get('type')}")

    def execute(self, context: Context) -> Plain:
        """Start, unless an earlier try has, and wait."""
        memory = _memory_of(context)
        known = memory.task
        task = known or self._start(memory)
        self.log.info("%s %s", "waiting for" if known else "started", task)
        if self.deferrable:
            self.defer(
                trigger=self._trigger(task),
                method_name="execute_complete",
                kwargs={"is_known": known is not None},
            )
        outcome = HubSpotHook(self.hubspot_conn_id).run(_waiting_for(task))
        return self.execute_complete(context, event=outcome, is_known=known is not None)

    def execute_complete(self, context: Context, event: Plain, is_known: bool = False) -> Plain:  # noqa: FBT001, FBT002 - Airflow calls it
        """Take what came of it, now that it is over."""
        memory = _memory_of(context)
        if not event["succeeded"]:
            if event["error"] is None or event["error"]["type"] == "VanishedError":
                memory.forget()
                if is_known:
                    self.log.warning("%s; it is started anew", describe(event))
                    return self.execute(context)
            raise AirflowException(describe(event))
        outcome = self.take(event)
        memory.forget()
        return outcome

    def take(self, outcome: Plain) -> Plain:
        """Do what is to be done after success; gives the XCom."""
        return outcome

    def _start(self, memory: Memory) -> HubSpotTask[Any]:
        try:
            request = read_request(self.request)
            task = self._find(request, memory) or self._ask(request, memory)
        except _FINAL as error:
            raise AirflowFailException(str(error)) from None
        memory.started(task)
        return task

    def _ask(self, request: Request, memory: Memory) -> HubSpotTask[Any]:
        memory.ask()
        try:
            return HubSpotHook(self.hubspot_conn_id).run(lambda session: steps.start(session, request, self._paths()))
        except StartOutcomeUnknownError:
            raise
        except Exception:
            memory.refused()
            raise

    def _find(self, request: Request, memory: Memory) -> HubSpotTask[Any] | None:
        """Look for what an earlier try may have started, if one has died while it asked."""
        asked_at = memory.asked_at
        if asked_at is None:
            return None
        if isinstance(request, ImportRequest):
            name = request.name
            return HubSpotHook(self.hubspot_conn_id).run(lambda session: imports.find(session, name, since=asked_at))
        if self.on_unknown_start == "start":
            return None
        raise AirflowFailException(
            f"an earlier try asked HubSpot at {asked_at:%Y-%m-%d %H:%M:%S} UTC, and was never answered: look there "
            "whether it was begun. on_unknown_start='start' begins it again without asking you."
        )

    def _paths(self) -> list[str] | None:
        return None

    def _trigger(self, task: HubSpotTask[Any]) -> HubSpotTaskTrigger:
        return HubSpotTaskTrigger(hubspot_task=write_task(task), hubspot_conn_id=self.hubspot_conn_id)


class HubSpotExportOperator(HubSpotTaskOperator):
    """Exports records, and fetches the file to *path* on the worker's disk, whole or not at all.

    *path* may be a template; folders on the way to it are made, and an older file there is replaced, as runs of a DAG
    that are repeated ask for. Without a path the file stays at HubSpot. The XCom has ``path``, ``paths``, ``bytes``,
    ``sha256`` and ``parts`` of the file as well.
    """

    template_fields: Collection[str] = (*HubSpotTaskOperator.template_fields, "path")
    requests = (ViewExport, ListExport)

    def __init__(self, *, path: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.path = path

    def take(self, outcome: Plain) -> Plain:
        """Fetch the file."""
        if self.path is None:
            return outcome
        path = Path(self.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        task = read_task(outcome["task"])
        saved = HubSpotHook(self.hubspot_conn_id).run(lambda session: download(session, task, path, overwrite=True))
        return {**outcome, **_written(saved)}


class HubSpotImportOperator(HubSpotTaskOperator):
    """Imports the files at *paths*, on the worker's disk, as *request* says.

    The XCom's ``counters`` tell how many rows went in and how many did not. A user who stops the Airflow task cancels
    the import at HubSpot too, unless *cancel_on_kill* is off. After a try that died while it asked, the import is
    looked for by its name, and started where HubSpot has none.
    """

    template_fields: Collection[str] = (*HubSpotTaskOperator.template_fields, "paths")
    requests = (ImportRequest,)

    def __init__(self, *, paths: str | Sequence[str], cancel_on_kill: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.paths = paths
        self.cancel_on_kill = cancel_on_kill

    def _paths(self) -> list[str]:
        return [self.paths] if isinstance(self.paths, str) else list(self.paths)

    def _trigger(self, task: HubSpotTask[Any]) -> HubSpotTaskTrigger:
        trigger = super()._trigger(task)
        trigger.cancel_on_kill = self.cancel_on_kill
        return trigger


class HubSpotFileImportOperator(HubSpotTaskOperator):
    """Has HubSpot fetch a file from a URL; the XCom's ``result`` names the file.

    Airflow keeps the request, and with it the URL: one that is signed had better be signed for a short time.
    """

    requests = (ImportFromUrl,)


class HubSpotFolderUpdateOperator(HubSpotTaskOperator):
    """Moves or renames a folder with all below it; the XCom's ``result`` names the folder."""

    requests = (FolderUpdate,)


def _memory_of(context: Context) -> Memory:
    store = context.get("task_state_store")
    if store is None:
        raise AirflowFailException("Airflow gives this task no state store to note what it has started")
    return Memory(store)


def _waiting_for(task: HubSpotTask[Any]) -> Callable[[HubSpotSession], Awaitable[Plain]]:
    async def wait(session: HubSpotSession) -> Plain:
        async with TaskGroupWatcher(session, workers=1) as watcher:
            return await steps.settle(watcher, task)

    return wait


def _written(saved: SavedFile) -> Plain:
    return {
        "path": str(saved.path),
        "paths": [str(path) for path in saved.paths],
        "bytes": saved.bytes,
        "sha256": saved.sha256,
        "parts": saved.parts,
    }
