"""How many requests an account may make: HubSpot's rolling window and its daily count."""

import math
from collections import deque

from hubspot_async.sandbox.answers import Refused

_DAY = 86_400.0


class Limits:
    """The request budget of one account's app, as HubSpot keeps it."""

    def __init__(self, rate_limit: int | None, interval: float, daily_limit: int | None) -> None:
        self.rate_limit = rate_limit
        self.interval = interval
        self.daily_limit = daily_limit
        self._log: deque[float] = deque()
        self._day = 0
        self._today = 0

    def take(self, now: float, epoch: float) -> None:
        """Count one request, or refuse it; a refused one is not counted."""
        self._forget(now, epoch)
        if self.rate_limit is not None and len(self._log) >= self.rate_limit:
            raise _refusal("TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit.")
        if self.daily_limit is not None and self._today >= self.daily_limit:
            raise daily_refusal("You have reached your daily limit.")
        if self.rate_limit is not None:
            self._log.append(now)
        self._today += 1

    def wait(self, now: float) -> float:
        """Seconds until the window has a place again."""
        full = self.rate_limit is not None and len(self._log) >= self.rate_limit
        return max(0.0, self._log[0] + self.interval - now) if full and self._log else 0.0

    def headers(self, *, daily: bool) -> dict[str, str]:
        """The budget as HubSpot's headers tell it; OAuth calls hear nothing of the day."""
        if self.rate_limit is None:
            return {}
        secondly = max(1, self.rate_limit // 10)
        headers = {
            "X-HubSpot-RateLimit-Max": str(self.rate_limit),
            "X-HubSpot-RateLimit-Remaining": str(max(0, self.rate_limit - len(self._log))),
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(self.interval * 1000)),
            "X-HubSpot-RateLimit-Secondly": str(secondly),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(secondly - 1),
        }
        if daily and self.daily_limit is not None:
            headers["X-HubSpot-RateLimit-Daily"] = str(self.daily_limit)
            headers["X-HubSpot-RateLimit-Daily-Remaining"] = str(max(0, self.daily_limit - self._today))
        return headers

    def _forget(self, now: float, epoch: float) -> None:
        while self._log and self._log[0] <= now - self.interval:
            self._log.popleft()
        day = math.floor(epoch / _DAY)
        if day != self._day:
            self._day, self._today = day, 0


def daily_refusal(message: str) -> Refused:
    """429 for the rest of the day."""
    return _refusal("DAILY", message)


def _refusal(policy: str, message: str) -> Refused:
    return Refused(429, "RATE_LIMITS", message, errorType="RATE_LIMIT", policyName=policy)
