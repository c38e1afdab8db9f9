"""What to ask of a server that has a file, and what its answer means; no network here, and no disk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from attrs import evolve

from hubspot_async.classes import frozen


@frozen(kw_only=True)
class Have:
    """How much of a file is here, and which file it is."""

    size: int = 0
    total: int | None = None
    """Bytes of the whole file, where the server told."""
    etag: str | None = None
    """Its strong validator: equal for equal bytes."""
    is_framed: bool = True
    """False where only a closed connection marked the end, so that a cut would look the same."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing, after an answer that ended well."""
        return self.total is None or self.size == self.total


class Outcome(Enum):
    """What to do about an answer."""

    TAKE = "its body is what is missing, or all of it"
    WHOLE = "there is no more: all of the file is here"
    AFRESH = "it does not go on where we are: forget what is here and ask for all of it"
    RENEW = "this URL opens nothing (any more)"
    AGAIN = "the server cannot just now"
    FOLLOW = "it sends us elsewhere"
    NEVER = "this is no answer to our question"


_RENEWABLE = frozenset({400, 401, 403, 404, 410})
_PASSING = frozenset({408, 425, 429})
_ELSEWHERE = frozenset({301, 302, 303, 307, 308})


def question(have: Have) -> dict[str, str]:
    """Ask for all of a file, or for what is missing of it, if it is still the same."""
    headers = {"Accept-Encoding": "identity"}
    if have.size and have.etag is not None:
        headers |= {"Range": f"bytes={have.size}-", "If-Range": have.etag}
    return headers


def judge(asked: Have, status: int, headers: Mapping[str, str]) -> tuple[Outcome, Have]:
    """Say what an answer to `question(asked)` means, and what is known of the file from here on.

    For TAKE the size says where the body belongs.
    """
    if status in (200, 206) and headers.get("Content-Encoding", "identity").lower() != "identity":
        return Outcome.NEVER, Have()
    if status == 200:
        framed = "Content-Length" in headers or "Transfer-Encoding" in headers
        total = _number(headers.get("Content-Length"))
        return Outcome.TAKE, Have(total=total, etag=strong_etag(headers), is_framed=framed)
    if status == 206:
        return _judge_part(asked, headers)
    if status == 416:
        total = _unsatisfied(headers.get("Content-Range", ""))
        is_ours = asked.size > 0 and total == asked.size and asked.total in (None, total)
        return (Outcome.WHOLE, evolve(asked, total=total)) if is_ours else (Outcome.AFRESH, Have())
    if status in _ELSEWHERE:
        return Outcome.FOLLOW, asked
    if status in _RENEWABLE:
        return Outcome.RENEW, asked
    return (Outcome.AGAIN if status >= 500 or status in _PASSING else Outcome.NEVER), asked


def _judge_part(asked: Have, headers: Mapping[str, str]) -> tuple[Outcome, Have]:
    """Take a part only if it begins where we are and is of the file that we have the beginning of."""
    part = content_range(headers.get("Content-Range", ""))
    if part is None:
        return Outcome.AFRESH, Have()
    start, total = part
    etag = strong_etag(headers)
    is_same = asked.size == 0 or (etag is not None and etag == asked.etag)
    if start != asked.size or not is_same or (asked.total is not None and total not in (None, asked.total)):
        return Outcome.AFRESH, Have()
    framed = "Content-Length" in headers or "Transfer-Encoding" in headers or total is not None
    known = asked.total if total is None else total
    return Outcome.TAKE, Have(size=start, total=known, etag=etag, is_framed=framed)


def strong_etag(headers: Mapping[str, str]) -> str | None:
    """Read an ETag that promises the same bytes; a weak one promises the same meaning only."""
    etag = headers.get("ETag", "").strip()
    return etag if re.fullmatch(r'"[\x21\x23-\x7e\x80-\xff]{1,200}"', etag) else None


def content_range(text: str) -> tuple[int, int | None] | None:
    """Read a Content-Range as (start, total); None for what is not one, or contradicts itself."""
    found = re.fullmatch(r"\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)\s*", text, re.ASCII | re.IGNORECASE)
    if found is None:
        return None
    start, last, total = int(found[1]), int(found[2]), _number(found[3])
    return None if last < start or (total is not None and last >= total) else (start, total)


def _unsatisfied(text: str) -> int | None:
    found = re.fullmatch(r"\s*bytes\s+\*/(\d{1,18})\s*", text, re.ASCII | re.IGNORECASE)
    return int(found[1]) if found else None


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"\d{1,18}", text, re.ASCII) else None
