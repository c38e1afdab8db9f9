"""One HubSpot account: its token, its records, its files, its tasks and what it may ask for."""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from hubspot_async.sandbox.blobs import Disk
from hubspot_async.sandbox.clock import Clock
from hubspot_async.sandbox.crm import Crm, ObjectType, Record
from hubspot_async.sandbox.home import Home, at_home
from hubspot_async.sandbox.limits import Limits
from hubspot_async.sandbox.options import Options
from hubspot_async.sandbox.tasks import Agenda, Lanes, Task
from hubspot_async.sandbox.work.imports import Import
from hubspot_async.sandbox.work.library import ROOT, Library, Placing

IMPORTS_AT_A_TIME = 3


class Account:
    """An account of the sandbox; what is declared and added here, the API serves."""

    def __init__(
        self, name: str, hub_id: int, token: str, options: Options, clock: Clock, disk: Disk, home: Home
    ) -> None:
        self.home = home
        self.name = name
        self.hub_id = hub_id
        self.token = token
        self.scopes: Collection[str] | None = None
        self.limits = Limits(options.rate_limit, options.interval, options.daily_limit)
        self.crm = Crm()
        self.library = Library(self.crm.new_id)
        self.imports: list[Import] = []
        self.tasks: list[Task] = []
        self._export_starts: list[float] = []
        self._clock = clock
        self._disk = disk
        self._lanes = {"export": Lanes(1), "import": Lanes(IMPORTS_AT_A_TIME)}
        self._agenda = Agenda()
        self._work: Iterator[None] | None = None

    def __repr__(self) -> str:
        return f"<Account {self.name!r}>"

    # What a test puts in and takes out

    @at_home
    def declare(self, object_type: str, properties: Iterable[str] | Mapping[str, str]) -> str:
        """Add properties to an object type, made if it is new; say its objectTypeId.

        A mapping gives labels (`{name: label}`); otherwise a property's name is its label.
        """
        kind = self.crm.ensure_type(object_type)
        kind.declare(properties)
        return kind.type_id

    @at_home
    def add_records(self, object_type: str, records: Iterable[Mapping[str, object]]) -> list[str]:
        """Add records, declaring whatever properties they have; say their ids.

        Values become texts as HubSpot has them: None an empty one, True and False `true` and `false`.
        """
        kind = self.crm.ensure_type(object_type)
        ids: list[str] = []
        for record in records:
            values = {name: _text(value) for name, value in record.items()}
            if not kind.labels.keys() >= values.keys():
                kind.declare(list(values))
            ids.append(self.crm.add(kind, values))
        return ids

    @at_home
    def records(self, object_type: str) -> list[Record]:
        """Copy out all records of a type, each with its `hs_object_id`."""
        self.catch_up_now()
        return [dict(record) for record in self._kind(object_type).snapshot()]

    @at_home
    def add_list(self, object_type: str, record_ids: Sequence[str], *, list_id: str | None = None) -> str:
        """Make a list of records, to be exported; say its id."""
        return self.crm.add_list(self._kind(object_type), record_ids, list_id)

    @at_home
    def associate(self, object_type: str, record_id: str, other_type: str, other_id: str) -> None:
        """Tie two records together."""
        one, other = self._kind(object_type), self._kind(other_type)
        self.crm.associate((one.type_id, record_id), (other.type_id, other_id))

    @at_home
    def add_folder(self, path: str) -> str:
        """Make a folder (`/logos`), and those above it that are missing; say its id."""
        return self.library.ensure_folder(path, self._clock.now())

    @at_home
    def add_file(self, path: str, content: bytes, *, access: str = "PRIVATE") -> str:
        """Put a file into the account (`/logos/cat.png`), in place of one that is there; say its id."""
        folder, _, name = path.rpartition("/")
        now = self._clock.now()
        placing = Placing(name, self.library.ensure_folder(folder, now) if folder else ROOT, access, overwrite=True)
        return self.library.put(placing, self._disk.keep([content]), now).id

    @at_home
    def files(self) -> dict[str, bytes]:
        """Copy out all files, by their paths."""
        self.catch_up_now()
        return {
            f"{self.library.path_of(file.parent)}/{file.full_name}": file.blob.part(0, file.blob.size)
            for file in self.library.files.values()
            if file.archived_at is None
        }

    def _kind(self, object_type: str) -> ObjectType:
        kind = self.crm.object_type(object_type)
        if kind is None:
            raise KeyError(f"the account {self.name!r} knows no object type {object_type!r}")
        return kind

    # Tasks

    def launch(self, task: Task) -> None:
        """Take a new task in: give it its place in the queue of its kind."""
        lanes = self._lanes.get(task.kind)
        if lanes is not None:
            lanes.admit(task, task.requested)
        self.tasks.append(task)
        if isinstance(task, Import):
            self.imports.append(task)
        self._agenda.note(task)

    def replan(self, *tasks: Task) -> None:
        """Take note that the ends of *tasks* have moved; those that wait for their places move with them."""
        now = self._clock.now()
        for task in tasks:
            self._agenda.note(task)
        for kind in self._lanes.keys() & {task.kind for task in tasks}:
            for moved in self._lanes[kind].replan((task for task in self.tasks if task.kind == kind), now):
                self._agenda.note(moved)

    async def catch_up(self) -> None:
        """Do the work of all tasks that have ended by now, in the order of their ends."""
        while self._step(self._clock.now()):  # noqa: ASYNC110 - not waiting for anything, only letting others run
            await asyncio.sleep(0)

    def catch_up_now(self) -> float:
        """Do the same without letting anyone else run, and tell by when it is done."""
        now = self._clock.now()
        while self._step(now):
            pass
        return now

    def _step(self, now: float) -> bool:
        if self._work is None:
            task = self._agenda.next_due(now)
            if task is None:
                return False
            self._work = task.apply()
        if next(self._work, self) is self:
            self._work = None
        return True

    def count_export(self, per_day: int | None) -> bool:
        """Whether one more export may start within the rolling day; if so, it is counted."""
        if per_day is None:
            return True
        now = self._clock.now()
        self._export_starts = [at for at in self._export_starts if at > now - 86_400]
        if len(self._export_starts) >= per_day:
            return False
        self._export_starts.append(now)
        return True


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
