"""The csv module's limit on a cell, which is one for the whole process: raised while someone needs it."""

from __future__ import annotations

import csv
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _FieldLimit:
    """Who needs it how high, and how high it was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._raised: list[int] = []
        self._before = 0

    @contextmanager
    def __call__(self, size: int) -> Iterator[None]:
        with self._lock:
            if not self._raised:
                self._before = csv.field_size_limit()
            self._raised.append(size)
            self._set()
        try:
            yield
        finally:
            with self._lock:
                self._raised.remove(size)
                self._set()

    def _set(self) -> None:
        csv.field_size_limit(min(sys.maxsize, max([self._before, *self._raised])) if self._raised else self._before)


field_limit = _FieldLimit()
