"""How a sandbox was asked to behave."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

TaskSeconds: TypeAlias = float | Callable[[str, random.Random], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The arguments of `Sandbox`, explained there."""

    task_seconds: TaskSeconds
    seed: int
    rate_limit: int | None
    interval: float
    rate_limit_headers: bool
    retry_after: bool
    daily_limit: int | None
    exports_per_day: int | None
    host: str
    port: int
    url_ttl: float
    zip_above: int
    rows_per_file: int
    import_rows: int
    keep_requests: int | None
