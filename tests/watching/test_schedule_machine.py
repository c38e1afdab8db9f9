"""Whatever happens in whatever order: nobody is lost, looked at twice at a time, or looked at after the end."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from hubspot_async.tasks import EXPORT, FILE_IMPORT, IMPORT, TaskKind
from hubspot_async.watching.group import Group
from hubspot_async.watching.schedule import Schedule
from hubspot_async.watching.watch import HELD, NOWHERE, PARKED, Entry, Listing, Watch
from tests.fakes import ScriptedSender
from tests.watching.pure import page, standing

SESSIONS = [ScriptedSender(account="north"), ScriptedSender(account="south")]
kinds = st.sampled_from([EXPORT, IMPORT, FILE_IMPORT])
words = st.sampled_from(["PENDING", "PROCESSING", "COMPLETE", "failed", "again"])
places = st.integers(min_value=0, max_value=20)


class Watching(RuleBasedStateMachine):
    """Does to a schedule what a watcher may do, and keeps books of its own."""

    watches = Bundle("watches")

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule()
        self.now = 0.0
        self.number = 0
        self.under_way: list[tuple[Group, Entry, set[str]]] = []
        self.ended: set[int] = set()
        self.all: list[Watch] = []

    # What may happen.

    @rule(
        target=watches,
        kind=kinds,
        session=st.sampled_from(SESSIONS),
        age=st.sampled_from([0, 0, 5, 3_600]),
        twin=st.booleans(),
    )
    def add(self, kind: TaskKind[Any], session: ScriptedSender, age: float, twin: bool) -> Watch:
        self.number += not twin or self.number == 0
        account = session.account if twin else None
        task = kind.task(self.number, account=account)
        if self.schedule.find(task, session) is not None:
            return multiple()  # type: ignore[no-any-return]
        watch = self.schedule.add(task, session, self.now - age, self.now)
        self.all.append(watch)
        return watch

    @rule(seconds=st.sampled_from([0.1, 1, 1, 5, 30, 600]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(looks=st.integers(min_value=1, max_value=5))
    def look(self, looks: int) -> None:
        for _ in range(looks):
            if (choice := self._pick()) is not None:
                self.under_way.append(choice)

    @precondition(lambda self: self.under_way)
    @rule(which=places, word=words, shows=st.sets(places), after=st.sampled_from([None, "a", "b"]))
    def answer(self, which: int, word: str, shows: set[int], after: str | None) -> None:
        group, entry, asked = self.under_way.pop(which % len(self.under_way))
        if isinstance(entry, Watch):
            self._answer_one(group, entry, word)
        elif isinstance(entry, Listing):
            self._answer_page(group, entry, asked, word, shows, after)
        self.schedule.wake(group)

    @rule(watch=watches)
    def hold(self, watch: Watch) -> None:
        watch.bars |= HELD

    @rule(watch=watches)
    def release(self, watch: Watch) -> None:
        watch.group.release(watch)
        self.schedule.wake(watch.group)

    @rule(watch=watches)
    def hasten(self, watch: Watch) -> None:
        watch.group.hasten(watch, self.now)
        self.schedule.wake(watch.group)

    @rule(watch=watches, seconds=st.sampled_from([1, 10, 1_000]))
    def limit(self, watch: Watch, seconds: float) -> None:
        if watch.is_scheduled:
            self.schedule.limit(watch, self.now + seconds)

    @rule()
    def expire(self) -> None:
        while (watch := self.schedule.expired(self.now)) is not None:
            assert self.schedule.deadline_of(watch) <= self.now
            self._end(watch, None)
            self.schedule.wake(watch.group)

    @rule(watch=consumes(watches))
    def give_up(self, watch: Watch) -> None:
        self._end(watch, None)
        self.schedule.forget(watch)
        self.schedule.wake(watch.group)

    @rule(session=st.sampled_from(SESSIONS))
    def block(self, session: ScriptedSender) -> None:
        self.schedule.block(self.schedule.group(session))

    @rule(session=st.sampled_from(SESSIONS))
    def unblock(self, session: ScriptedSender) -> None:
        self.schedule.unblock(self.schedule.group(session))

    @rule(session=st.sampled_from(SESSIONS), answered=st.booleans())
    def lose(self, session: ScriptedSender, answered: bool) -> None:
        group = self.schedule.group(session)
        group.answered() if answered else group.unanswered(self.now)
        self.schedule.wake(group)

    # What must always hold.

    @invariant()
    def everyone_wanted_stands_in_exactly_one_line(self) -> None:
        for group in self.schedule.groups:
            lines = standing(group)
            assert len({id(entry) for entry in lines}) == len(lines)
            assert all(entry.stands != NOWHERE for entry in lines)
            found = {id(entry) for entry in lines}
            for entry in entries(group):
                assert not entry.is_wanted or id(entry) in found
                assert (entry.stands != NOWHERE) == (id(entry) in found)

    @invariant()
    def the_schedule_knows_when_each_group_has_something_to_do(self) -> None:
        times = [group.next_time(self.now) for group in self.schedule.groups if not group.is_blocked]
        choice = self.schedule.next(self.now)
        if isinstance(choice, Group):
            assert not choice.is_blocked
        else:
            assert choice <= min(times, default=float("inf"))
            assert choice > self.now or all(time > self.now for time in times)

    @invariant()
    def of_the_exports_that_wait_their_turn_none_is_among_the_first(self) -> None:
        for group in self.schedule.groups:
            line = group._exports._line
            assert all(watch.is_scheduled for watch in line)
            assert [watch.started for watch in line] == sorted(watch.started for watch in line)
            assert not any(watch.bars & PARKED for watch in line[:2])

    def teardown(self) -> None:
        """Let everything go well from now on: then all end, soon, and once."""
        for session in SESSIONS:
            self.schedule.group(session).answered()
            self.schedule.unblock(self.schedule.group(session))
        self.schedule._deadlines.clear()
        for watch in self.all:
            self.release(watch)
        while self.under_way:
            self.answer(0, "again", set(), None)
        left = [watch for watch in self.all if watch.is_scheduled]
        for _ in range(10 * len(left) + 10):
            if not any(watch.is_scheduled for watch in left):
                break
            if (choice := self._pick()) is not None:
                self.under_way.append(choice)
                self.answer(0, "COMPLETE", set(range(100)), None)
            elif not isinstance(upcoming := self.schedule.next(self.now), Group):
                assert upcoming < self.now + 8 * 60 + 1, "somebody is never looked at again"
                self.now = upcoming
        assert not any(watch.is_scheduled for watch in left)

    # How it is done.

    def _pick(self) -> tuple[Group, Entry, set[str]] | None:
        group = self.schedule.next(self.now)
        if not isinstance(group, Group):
            return None
        entry = group.pick(self.now)
        self.schedule.wake(group)
        if entry is None:
            return None
        assert all(entry is not other for _, other, _ in self.under_way)
        alone = {id(other) for _, other, _ in self.under_way}
        if isinstance(entry, Watch):
            assert entry.is_scheduled
            assert not entry.bars & (HELD | PARKED)
            assert not any(
                isinstance(other, Listing) and entry.listing is other and entry.task.id in asked
                for _, other, asked in self.under_way
            )
            return group, entry, set()
        assert isinstance(entry, Listing)
        assert not any(id(entry.members[task_id]) in alone for task_id in entry.missing)
        return group, entry, set(entry.missing)

    def _answer_one(self, group: Group, watch: Watch, word: str) -> None:
        if not watch.is_scheduled:
            return
        if word == "COMPLETE":
            self._end(watch, self.now)
            return
        if word in ("PENDING", "PROCESSING"):
            group.observe(watch, word, self.now)
        group.looked(watch, self.now)

    def _answer_page(
        self, group: Group, listing: Listing, asked: set[str], word: str, shows: set[int], after: str | None
    ) -> None:
        if word == "failed":
            group.switch_off(listing)
            return
        if word == "again":
            group.end_round(listing, self.now)
            return
        shown = group.page_shown(listing, page(sorted(shows), after=after), self.now)
        assert {watch.task.id for watch, _ in shown} <= {str(number) for number in shows} & asked
        for watch, _ in shown:
            if watch.is_scheduled and word == "COMPLETE":
                self._end(watch, self.now)

    def _end(self, watch: Watch, ended_at: float | None) -> None:
        if watch.is_scheduled:
            assert id(watch) not in self.ended
            self.ended.add(id(watch))
        watch.group.discard(watch, self.now, ended_at)
        self.schedule.forget(watch)


def entries(group: Group) -> Iterator[Entry]:
    yield from group.watches.values()
    yield from group._listings.values()


TestWatching = Watching.TestCase
TestWatching.settings = settings(
    max_examples=200, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
