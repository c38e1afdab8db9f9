"""A schedule without a loop: groups of watches, and looks at them that take no time."""

from collections.abc import Iterable
from typing import Any

from hubspot_async.models.values import NextPage, Page, Paging
from hubspot_async.tasks import FILE_IMPORT, IMPORT, TaskKind
from hubspot_async.watching.agenda import _slot
from hubspot_async.watching.backoff import Backoff, SquareRoot
from hubspot_async.watching.group import Group
from hubspot_async.watching.hazard import Hazards
from hubspot_async.watching.watch import WAITING, Entry, Listing, Watch
from tests.fakes import ScriptedSender, look


def group(backoff: Backoff | None = None) -> Group:
    return Group(ScriptedSender(), backoff or SquareRoot(), Hazards())


def watch(
    group: Group, id: str | int, now: float = 0.0, *, kind: TaskKind[Any] = FILE_IMPORT, born: float | None = None
) -> Watch:
    """Add a task, started at *born*, to a group."""
    added = Watch(kind.task(id), group, now if born is None else born, now)
    group.add(added, now)
    return added


def picked(group: Group, now: float) -> list[Entry]:
    """All that the group wants looked at now; they are under way then."""
    entries = []
    while (entry := group.pick(now)) is not None:
        entries.append(entry)
    return entries


def standing(group: Group) -> list[Entry]:
    """All that stand in one of the group's lines, as often as they do."""
    turns = group._turns
    agenda = turns._agenda
    soon = {id(entry): entry for due, _, entry in agenda._soon if entry.stands == WAITING and entry.due == due}
    later = {
        id(entry): entry
        for number, slot in agenda._later.items()
        for entry in slot.entries
        if entry.stands == WAITING and _slot(entry.due) == number
    }
    assert len(soon) + len(later) == agenda.size
    return [*soon.values(), *later.values(), *turns._overdue, *turns._chosen]


def look_at_all(group: Group, now: float, *, status: str = "PROCESSING") -> list[str]:
    """Look at everything that is due, and name it: ids, and the list as ``list``."""
    names = []
    for entry in picked(group, now):
        if isinstance(entry, Watch):
            group.observe(entry, status, now)
            group.looked(entry, now)
            names.append(entry.task.id)
        elif isinstance(entry, Listing):
            group.page_shown(entry, page(entry.members), now)
            names.append("list")
    return names


def page(ids: Iterable[str | int], *, after: str | None = None, state: str = "PROCESSING") -> Page[Any]:
    """A page of imports."""
    paging = Paging(next=NextPage(after=after)) if after is not None else None
    return Page(results=tuple(look(IMPORT, state, id=str(id)) for id in ids), paging=paging)


def listing(group: Group, now: float) -> Listing:
    """Take the list, which must be due and nothing else be."""
    (entry,) = picked(group, now)
    assert isinstance(entry, Listing)
    return entry
