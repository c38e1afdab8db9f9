"""A file on its way to the disk, and what may break on it. The numbers are the faults'."""

import asyncio
import hashlib
import logging
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import results
from hubspot_async.errors import DownloadError, FileFormatError, TaskNotSucceededError, UnsafeUrlError
from hubspot_async.session.retry import RetryPolicy
from tests.results.hosts import (
    CSV,
    ETAG,
    EXPIRED,
    SIGNATURE,
    TASK,
    Export,
    cut,
    exporting,
    names,
    part,
    ranged,
    table,
    until_close,
    whole,
    zipped,
)
from tests.session.rawserver import Line, RawServer, chunked, connect, http, led_to

pytestmark = pytest.mark.asyncio

HALF = 150_000
PARTS = [table(1000, start) for start in range(0, 5000, 1000)]
ZIP = zipped(*PARTS)
JOINED = table(5000)


async def download(export: Export, folder: Path, **options: Any) -> results.SavedFile:
    """Fetch it, and see that it is what a clean transfer gives, and that nothing else is left."""
    saved = await results.download(export.session, TASK, folder / "people.csv", **options)
    assert (saved.path, saved.paths) == (folder / "people.csv", (folder / "people.csv",))
    content = saved.path.read_bytes()
    assert (saved.bytes, saved.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert names(folder) == ["people.csv"]
    assert all("POST" not in heard.line for heard in export.hubspot.heard)
    return saved


async def fails(
    export: Export, folder: Path, kind: type[Exception] = DownloadError, match: str = "export|URL|address|zip"
) -> Exception:
    """See that it fails, leaves nothing, and does not say how to get the file."""
    with pytest.raises(kind, match=match) as caught:
        await results.download(export.session, TASK, folder / "people.csv")
    assert names(folder) == []
    assert not any("s3cret" in str(each) + repr(each) for each in led_to(caught.value))
    return caught.value


async def test_a_clean_transfer(tmp_path: Path):
    seen: list[tuple[int, int | None]] = []
    async with exporting(ranged(CSV)) as export:
        saved = await download(export, tmp_path, progress=lambda *figures: seen.append(figures))
    assert saved.path.read_bytes() == CSV
    assert (saved.parts, saved.resumed, saved.is_verified) == (1, 0, True)
    assert seen[-1] == (len(CSV), len(CSV))
    assert seen == sorted(seen)
    assert export.hubspot.count == export.host.count == 1


async def test_what_is_not_complete_has_no_file(tmp_path: Path):
    async with RawServer(http(200, {"status": "PROCESSING"})) as hubspot, connect(hubspot) as session:
        with pytest.raises(TaskNotSucceededError, match="PROCESSING"):
            await results.download(session, TASK, tmp_path / "people.csv")
    assert names(tmp_path) == []


# Expired, broken, resumed.


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_fault_85_expired_before_the_first_byte(status: int, tmp_path: Path):
    async with exporting(http(status, EXPIRED), ranged(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == 0
    assert [heard.line.split("n=")[1] for heard in export.host.heard] == ["1 HTTP/1.1", "2 HTTP/1.1"]


@pytest.mark.parametrize("reset", [False, True])
async def test_fault_86_expired_in_the_middle(reset: bool, tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF, reset=reset), EXPIRED, ranged(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == 1
    assert export.hubspot.count == 2
    first, *others = export.host.heard
    assert "range" not in first.headers
    at = int(others[0].headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert 0 < at <= HALF
    assert [heard.headers["if-range"] for heard in others] == [ETAG, ETAG]


async def test_fault_87_expired_for_ever(tmp_path: Path):
    async with exporting(EXPIRED, retry=RetryPolicy(attempts=3, longest_pause=0.001)) as export:
        await fails(export, tmp_path, match=r"its URL is refused: 403 AccessDenied, 3 times in a row")
        assert (export.hubspot.count, export.host.count) == (3, 3)


async def test_fault_14_a_stall_is_a_break(tmp_path: Path):
    async def stall(line: Line) -> None:
        await line.hear()
        await line.say(whole(CSV)[:HALF])
        await line.left()

    async with exporting(stall, ranged(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == 1


@pytest.mark.parametrize("answer", [http(500), http(503), http(429), http(408)])
async def test_a_host_that_cannot_just_now_is_asked_again(answer: bytes, tmp_path: Path):
    async with exporting(answer, cut(whole(CSV), HALF), answer, ranged(CSV)) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == CSV
        assert export.hubspot.count == 1


async def test_a_break_after_every_few_bytes_is_no_reason_to_give_up(tmp_path: Path):
    acts = [cut(whole(CSV), 70_000), *(cut(part(CSV, at), 70_000) for at in range(70_000, len(CSV), 70_000))]
    async with exporting(*acts, retry=RetryPolicy(attempts=2, longest_pause=0.001)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == len(acts) - 1 == 4


async def test_fault_88_200_on_a_range_request_is_all_of_it(tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), whole(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == 0
    assert export.ranges[1] is not None


@pytest.mark.parametrize(
    "odd",
    [
        part(CSV, 0),
        part(CSV, HALF - 10),
        part(CSV, HALF + 10),
        part(CSV, HALF, Content_Range=""),
        part(CSV, HALF, Content_Range="bytes 5-1/3"),
        part(CSV, HALF, Content_Range=f"bytes {HALF}-{len(CSV) - 1}/{len(CSV) + 1}"),
        part(CSV, HALF, Content_Range="", Content_Type="multipart/byteranges; boundary=x"),
        part(CSV, HALF, etag=""),
    ],
    ids=["from-0", "before", "after", "no-range", "nonsense", "other-total", "multipart", "no-etag"],
)
async def test_fault_89_a_part_that_does_not_go_on_where_we_are_is_not_taken(odd: bytes, tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), odd, ranged(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert export.ranges == [None, f"bytes={HALF}-", None]


async def test_fault_89_a_short_part_is_a_part(tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), part(CSV, HALF, 300_000), ranged(CSV)) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.resumed == 2
    assert export.ranges == [None, f"bytes={HALF}-", "bytes=300000-"]


async def test_fault_89_more_than_was_announced_is_not_taken(tmp_path: Path):
    longer = chunked(CSV[HALF:] + b"more", ETag=ETAG).replace(b" 200 ", b" 206 ", 1)
    where = f"\r\nContent-Range: bytes {HALF}-{len(CSV) - 1}/{len(CSV)}\r\nETag:".encode()
    async with exporting(cut(whole(CSV), HALF), longer.replace(b"\r\nETag:", where, 1), ranged(CSV)) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == CSV


NEW = table(4000, start=7)


async def test_fault_90_another_etag_is_another_file(tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), part(NEW, HALF, etag='"v2"'), ranged(NEW, '"v2"')) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == NEW


async def test_fault_90_the_host_itself_may_notice(tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), ranged(NEW, '"v2"')) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == NEW


@pytest.mark.parametrize("etag", ["", 'W/"v1"'])
async def test_fault_90_without_a_strong_etag_nothing_is_pieced_together(etag: str, tmp_path: Path):
    async with exporting(cut(whole(CSV, etag), HALF), whole(NEW, etag)) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == NEW
    assert export.ranges == [None, None]


async def test_fault_91_416_with_our_size_means_that_all_is_here(tmp_path: Path):
    unended = chunked(CSV, ETag=ETAG).removesuffix(b"0\r\n\r\n")
    async with exporting(cut(unended, len(unended)), http(416, Content_Range=f"bytes */{len(CSV)}")) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert export.ranges == [None, f"bytes={len(CSV)}-"]


@pytest.mark.parametrize("where", ["", "bytes */5", "bytes */*"])
async def test_fault_91_any_other_416_means_to_begin_again(where: str, tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), http(416, Content_Range=where), ranged(CSV)) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == CSV
    assert export.ranges == [None, f"bytes={HALF}-", None]


async def test_fault_92_chunked_is_whole_at_its_end_only(tmp_path: Path):
    answer = chunked(CSV, ETag=ETAG)
    async with exporting(cut(answer, HALF), cut(answer, len(answer) - 3), answer) as export:
        saved = await download(export, tmp_path)
    assert saved.path.read_bytes() == CSV
    assert saved.is_verified


async def test_fault_92_without_length_or_end_a_csv_is_unverified_and_a_zip_is_not(tmp_path: Path):
    async with exporting(until_close(CSV)) as export:
        assert not (await download(export, tmp_path)).is_verified
    async with exporting(until_close(ZIP)) as export:
        assert (await download(export, tmp_path, overwrite=True)).is_verified
    (tmp_path / "people.csv").unlink()
    async with exporting(until_close(ZIP[:-30])) as export:
        await fails(export, tmp_path, FileFormatError)


@pytest.mark.parametrize("body", [CSV, ZIP])
async def test_fault_93_shorter_than_announced(body: bytes, tmp_path: Path):
    async with exporting(cut(whole(body, etag=""), len(body) - 1)) as export:
        await fails(export, tmp_path, match="broke off .*, 3 times in a row")


@pytest.mark.parametrize("encoding", ["gzip", "br"])
async def test_an_encoding_that_nobody_asked_for_is_refused(encoding: str, tmp_path: Path):
    async with exporting(whole(CSV, Content_Encoding=encoding)) as export:
        await fails(export, tmp_path, match="200 instead")
        assert export.host.heard[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("status", [204, 202, 304, 418])
async def test_an_answer_that_is_no_file_is_refused(status: int, tmp_path: Path):
    async with exporting(http(status)) as export:
        await fails(export, tmp_path, match=f"{status} instead")


# Where it comes from.


@pytest.mark.parametrize(
    "location",
    [
        "http://files.example/x",
        "file:///etc/passwd",
        "https://user@files.example/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1",
        "//localhost.evil.example:1/",
        "",
    ],
)
async def test_fault_95_a_redirect_to_where_nobody_should_go(location: str, tmp_path: Path):
    async with exporting(http(302, Location=location)) as export:
        await fails(export, tmp_path, UnsafeUrlError if location else DownloadError)
        assert export.host.count == 1


async def test_fault_95_a_redirect_to_itself_ends(tmp_path: Path):
    async with exporting(http(302, Location=f"/people.csv?{SIGNATURE}")) as export:
        await fails(export, tmp_path, match="on and on")
        assert export.host.count == 4


async def test_fault_94_145_146_the_token_goes_to_no_host_of_files(tmp_path: Path):
    async with RawServer(ranged(CSV)) as other:
        mine = {"X-Mine": "1", "Cookie": "a=b"}
        redirect = http(307, Location=f"{other.url}/there.csv", Set_Cookie="host=1; Path=/")
        async with exporting(redirect) as export:
            assert (await download(export, tmp_path)).path.read_bytes() == CSV
            for heard in (*export.host.heard, *other.heard):
                assert set(heard.headers) <= {"host", "accept", "accept-encoding", "user-agent"} - set(mine)


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a\rb", "x" * 300, "con", "a\0b"])
async def test_fault_96_the_name_that_the_host_gives_is_not_used(name: str, tmp_path: Path):
    async with exporting(whole(CSV, Content_Disposition=f'attachment; filename="{name!a}"')) as export:
        assert (await download(export, tmp_path)).path.read_bytes() == CSV


async def test_fault_144_nothing_that_is_logged_opens_the_file(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    async with exporting(cut(whole(CSV), HALF), EXPIRED, http(302, Location=f"/x?{SIGNATURE}"), ranged(CSV)) as export:
        await download(export, tmp_path)
    assert "s3cret" not in caplog.text
    assert "its URL is refused: 403 AccessDenied" in caplog.text


# Others at the same time, and an end before the end.


async def test_fault_109_two_downloads_to_one_path(tmp_path: Path):
    async with exporting(cut(whole(CSV), HALF), ranged(CSV)) as one, exporting(ranged(NEW)) as two:
        ends = await asyncio.gather(
            *(results.download(each.session, TASK, tmp_path / "people.csv") for each in (one, two)),
            return_exceptions=True,
        )
    (saved,) = (end for end in ends if isinstance(end, results.SavedFile))
    (error,) = (end for end in ends if not isinstance(end, results.SavedFile))
    assert isinstance(error, FileExistsError)
    assert (tmp_path / "people.csv").read_bytes() in (CSV, NEW)
    assert hashlib.sha256(saved.path.read_bytes()).hexdigest() == saved.sha256
    assert names(tmp_path) == ["people.csv"]


@pytest.mark.parametrize("body", [CSV, ZIP])
async def test_cancelled_at_any_moment_it_leaves_all_or_nothing(body: bytes, tmp_path: Path):
    for after in range(0, 40, 3):
        async with exporting(ranged(body)) as export:
            task = asyncio.create_task(results.download(export.session, TASK, tmp_path / "people.csv"))
            for _ in range(after * 4):
                await asyncio.sleep(0)
            await asyncio.sleep(after / 2000)
            task.cancel()
            ended = (await asyncio.gather(task, return_exceptions=True))[0]
        left = names(tmp_path)
        assert left == ["people.csv"] or (left == [] and isinstance(ended, asyncio.CancelledError))
        if left:
            assert (tmp_path / "people.csv").read_bytes() in (CSV, JOINED)
            (tmp_path / "people.csv").unlink()


async def test_an_error_of_the_progress_callback_is_the_callers(tmp_path: Path):
    def tired(done: int, total: int | None) -> None:
        raise ZeroDivisionError

    async with exporting(ranged(CSV)) as export:
        with pytest.raises(ZeroDivisionError):
            await results.download(export.session, TASK, tmp_path / "people.csv", progress=tired)
    assert names(tmp_path) == []
