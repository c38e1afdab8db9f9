"""Where tasks are shown while they are on their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hubspot_async import HubSpotTask
from hubspot_async.cli.screen.line import Change, NextLook


class Board:
    """Shows tasks as they begin, change, end, and as their files come; this one shows nothing."""

    @property
    def is_moving(self) -> bool:
        """Whether other lines would run into it."""
        return False

    def follow(self, next_look: NextLook) -> None:
        """Learn where to ask in how many seconds a task is looked at next."""

    def sum_up(self, others: Callable[[], str]) -> None:
        """Learn where to ask what to say of all that is no task yet."""

    def add(self, task: HubSpotTask[Any], about: str) -> None:
        """Show a task that has begun."""

    def show(self, task: HubSpotTask[Any], change: Change) -> None:
        """Show what has changed."""

    def tell(self, task: HubSpotTask[Any], about: str) -> None:
        """Show what came of a task."""

    def load(self, task: HubSpotTask[Any], done: int, total: int | None) -> None:
        """Show how much of a task's file has come."""

    def say(self, text: str) -> None:
        """Show a line about no task in particular."""
