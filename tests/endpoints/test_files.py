"""Files and folders at the sandbox: sent, found, changed, fetched and deleted."""

import asyncio
import hashlib
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hubspot_async import (
    FileReplacement,
    FileSearch,
    FileUpdate,
    FileUpload,
    HubSpotSession,
    files,
)
from hubspot_async.errors import (
    BadRequestError,
    ConnectionFailedError,
    InputError,
    NotFoundError,
    StartOutcomeUnknownError,
    UnsupportedVersionError,
)
from hubspot_async.models.files import File
from hubspot_async.sandbox import Sandbox
from tests.endpoints.conftest import Recorder

pytestmark = pytest.mark.asyncio

CONTENT = b"\x89PNG\r\n" + bytes(100_000)
MD5 = hashlib.md5(CONTENT).hexdigest()


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def fetch(session: HubSpotSession, url: str) -> bytes:
    async with session.fetch(url) as answer:
        return b"".join([piece async for piece in answer.pieces()])


async def put(session: HubSpotSession, name: str = "logo.png", **options: Any) -> File:
    return await files.upload(session, FileUpload(CONTENT, folder_path="/logos", name=name, **options))


@pytest.mark.parametrize("kind", ["path", "text", "bytes", "file", "memory", "stream"])
async def test_a_file_comes_from_anywhere(at_sandbox: HubSpotSession, tmp_path: Path, kind: str):
    path = tmp_path / "my löƓo.png"
    path.write_bytes(CONTENT)
    with path.open("rb") as opened:
        sources: dict[str, Any] = {
            "path": path,
            "text": str(path),
            "bytes": CONTENT,
            "file": opened,
            "memory": io.BytesIO(CONTENT),
            "stream": pieces(CONTENT[:10], b"", CONTENT[10:]),
        }
        name = None if kind in ("path", "text", "file") else path.name
        file = await files.upload(at_sandbox, FileUpload(sources[kind], folder_path="/logos", name=name))
    assert (file.name, file.extension, file.path) == ("my löƓo", "png", "/logos/my löƓo.png")
    assert (file.size, file.file_md5, file.access) == (len(CONTENT), MD5, "PRIVATE")


async def test_an_upload_tells_all_it_was_told(hubspot: Recorder, session: HubSpotSession):
    hubspot.answers("file", 201)
    upload = FileUpload(
        b"x;y",
        folder_id=7,
        name="a b.csv",
        access="PUBLIC_INDEXABLE",
        overwrite=True,
        duplicate_validation_strategy="RETURN_EXISTING",
        duplicate_validation_scope="EXACT_FOLDER",
        expires_at=datetime(2030, 1, 1, tzinfo=UTC),
        ttl="P3M",
        charset_hunch="ISO-8859-1",
    )
    await files.upload(session, upload)
    fields = {part.disposition.decode(): part for part in hubspot.only().parts}
    assert sorted(fields) == [
        'form-data; name="charsetHunch"',
        'form-data; name="file"; filename="a b.csv"',
        'form-data; name="fileName"',
        'form-data; name="folderId"',
        'form-data; name="options"',
    ]
    options = fields['form-data; name="options"']
    assert options.headers[b"Content-Type"].startswith(b"text/plain")
    assert json.loads(options.content) == {
        "access": "PUBLIC_INDEXABLE",
        "overwrite": True,
        "duplicateValidationStrategy": "RETURN_EXISTING",
        "duplicateValidationScope": "EXACT_FOLDER",
        "expiresAt": "2030-01-01T00:00:00.000Z",
        "ttl": "P3M",
    }
    assert fields['form-data; name="folderId"'].content == b"7"
    assert fields['form-data; name="file"; filename="a b.csv"'].headers[b"Content-Type"] == b"text/csv"


async def test_a_file_that_is_not_there_is_never_asked_about(
    hubspot: Recorder, session: HubSpotSession, tmp_path: Path
):
    with pytest.raises(FileNotFoundError):
        await files.upload(session, FileUpload(tmp_path / "gone.png", folder_path="/logos"))
    assert hubspot.requests == []


async def test_an_upload_without_an_answer_is_not_repeated(at_sandbox: HubSpotSession, sandbox: Sandbox):
    sandbox.fail("files.upload", disconnect=True, performed=True)
    with pytest.raises(StartOutcomeUnknownError) as caught:
        await put(at_sandbox)
    assert "by its name" in caught.value.start.how_to_check
    assert caught.value.start.asked == FileUpload(CONTENT, folder_path="/logos", name="logo.png")
    assert [file.name async for file in files.iter_search(at_sandbox, FileSearch(name="logo"))] == ["logo"]


async def test_new_content_under_the_old_id(at_sandbox: HubSpotSession):
    file = await put(at_sandbox)
    end = datetime.now(UTC) + timedelta(days=9)
    replacement = FileReplacement(b"new", name="other.txt", access="PUBLIC_INDEXABLE", expires_at=end)
    replaced = await files.replace(at_sandbox, file.id, replacement)
    assert (replaced.id, replaced.size, replaced.access) == (file.id, 3, "PUBLIC_INDEXABLE")
    assert replaced.expires_at is not None
    assert abs(replaced.expires_at / 1000 - end.timestamp()) < 1


async def test_a_file_is_looked_up_by_id_and_by_path(at_sandbox: HubSpotSession):
    file = await put(at_sandbox)
    assert await files.get(at_sandbox, file.id) == file == await files.get(at_sandbox, int(file.id))
    found = await files.stat(at_sandbox, "/logos/logo.png")
    assert (found.file, found.folder) == (file, None)
    above = await files.stat(at_sandbox, "logos")
    assert above.file is None
    assert above.folder is not None
    assert above.folder.path == "/logos"
    assert (await files.get(at_sandbox, file.id, properties=["name", "size"])).url is None
    assert (await files.stat(at_sandbox, "/logos/logo.png", properties="name")).file is not None


async def test_a_file_is_changed(at_sandbox: HubSpotSession):
    file = await put(at_sandbox, ttl="P3M")
    assert file.expires_at is not None
    change = FileUpdate(name="new", parent_folder_path="/archive", access="PUBLIC_INDEXABLE", clear_expires=True)
    changed = await files.update(at_sandbox, file.id, change)
    assert (changed.path, changed.access, changed.expires_at) == ("/archive/new.png", "PUBLIC_INDEXABLE", None)
    hidden = await files.update(at_sandbox, file.id, FileUpdate(is_usable_in_content=False))
    assert hidden.is_usable_in_content is False


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
@pytest.mark.parametrize("delete", [files.delete, files.gdpr_delete])
async def test_a_file_is_deleted(at_sandbox: HubSpotSession, delete: Any, version: str):
    file = await put(at_sandbox)
    assert await delete(at_sandbox, file.id) is None
    with pytest.raises(NotFoundError):
        await files.get(at_sandbox, file.id)


async def test_a_signed_url_opens_the_file_and_does_not_show_how(at_sandbox: HubSpotSession):
    file = await put(at_sandbox)
    before = datetime.now(UTC)
    signed = await files.get_signed_url(at_sandbox, file.id, expiration_seconds=60, size="thumb", upscale=True)
    assert await fetch(at_sandbox, signed.url) == CONTENT
    query = signed.url.partition("?")[2]
    assert query
    assert query not in repr(signed)
    assert query not in f"{signed}"
    assert isinstance(signed.expires_at, datetime)
    assert 50 < (signed.expires_at - before).total_seconds() < 70
    assert (signed.name, signed.extension, signed.size) == ("logo", "png", len(CONTENT))


@pytest.mark.parametrize("access", ["PRIVATE", "SENSITIVE", "PUBLIC_NOT_INDEXABLE"])
async def test_a_file_is_fetched_whatever_its_access(
    at_sandbox: HubSpotSession, sandbox: Sandbox, tmp_path: Path, access: str
):
    file = await put(at_sandbox, access=access)
    saved = await files.download(at_sandbox, file.id, tmp_path / "logo.png")
    assert saved == tmp_path / "logo.png"
    assert saved.read_bytes() == CONTENT
    async with files.open_content(at_sandbox, file.id) as content:
        assert b"".join([piece async for piece in content]) == CONTENT
    assert sandbox.requests[-1].path.startswith("/files/2026-09/"), "2026-03 has no such call"
    assert list(tmp_path.iterdir()) == [saved]


async def test_a_file_that_breaks_off_leaves_nothing_behind(
    at_sandbox: HubSpotSession, sandbox: Sandbox, tmp_path: Path
):
    file = await put(at_sandbox)
    sandbox.fail("files.download", cut=50_000)
    with pytest.raises(ConnectionFailedError, match="broke off"):
        await files.download(at_sandbox, file.id, tmp_path / "logo.png")
    assert list(tmp_path.iterdir()) == []


async def test_a_file_in_the_way_is_replaced_only_if_asked(at_sandbox: HubSpotSession, tmp_path: Path):
    file, path = await put(at_sandbox), tmp_path / "logo.png"
    path.write_bytes(b"mine")
    for target, told in ((path, "exists"), (tmp_path, "is a directory"), (tmp_path / "a" / "b", "does not exist")):
        with pytest.raises(InputError, match=told):
            await files.download(at_sandbox, file.id, target)
    assert path.read_bytes() == b"mine"
    await files.download(at_sandbox, file.id, path, overwrite=True)
    assert path.read_bytes() == CONTENT


async def test_one_that_comes_to_be_meanwhile_is_not_replaced_either(
    at_sandbox: HubSpotSession, sandbox: Sandbox, tmp_path: Path
):
    file, path = await put(at_sandbox), tmp_path / "logo.png"
    sandbox.fail("files.download", delay=0.2)
    download = asyncio.create_task(files.download(at_sandbox, file.id, path))
    await asyncio.sleep(0.1)
    path.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        await download
    assert [each.read_bytes() for each in tmp_path.iterdir()] == [b"mine"]


@pytest.mark.parametrize("version", ["2025-09", "2026-03"])
async def test_a_pinned_version_without_the_call_is_told_before_anything_is_sent(
    at_sandbox: HubSpotSession, sandbox: Sandbox, tmp_path: Path, version: str
):
    with pytest.raises(UnsupportedVersionError, match=f"no download in version {version}, .*; v3, 2026-09 have it"):
        await files.download(at_sandbox, "7", tmp_path / "a")
    assert sandbox.requests == []


async def test_searches_come_with_all_filters_to_the_last_page(at_sandbox: HubSpotSession, sandbox: Sandbox):
    made = [await put(at_sandbox, f"logo-{number:02}.png") for number in range(3)]
    await files.upload(at_sandbox, FileUpload(b"", folder_path="/texts", name="a.txt", access="PUBLIC_INDEXABLE"))

    async def names(search: FileSearch | None = None) -> list[str | None]:
        return [file.name async for file in files.iter_search(at_sandbox, search)]

    everything = ["logo-00", "logo-01", "logo-02", "a"]
    now = datetime.now(UTC)
    assert await names() == everything
    assert await names(FileSearch(sort="-name")) == ["logo-02", "logo-01", "logo-00", "a"]
    assert await names(FileSearch(ids=[made[0].id, int(made[2].id)])) == ["logo-00", "logo-02"]
    assert await names(FileSearch(id_gte=made[1].id, id_lte=made[1].id)) == ["logo-01"]
    assert await names(FileSearch(extension="txt")) == await names(FileSearch(size_lte=5)) == ["a"]
    assert await names(FileSearch(allows_anonymous_access=True)) == ["a"]
    assert await names(FileSearch(allows_anonymous_access=False)) == everything[:3]
    assert await names(FileSearch(parent_folder_ids=[str(made[0].parent_folder_id)])) == everything[:3]
    assert await names(FileSearch(created_at_gte=now - timedelta(hours=1), updated_at_lte=now)) == everything
    assert await names(FileSearch(created_at_gte=now + timedelta(hours=1))) == []
    assert await names(FileSearch(file_md5=MD5, name="01", path="/logos/logo-01.png")) == ["logo-01"]
    [only] = [
        file async for file in files.iter_search(at_sandbox, FileSearch(name="a", extension="txt", properties="name"))
    ]
    assert only.path is None


async def test_a_search_ends_where_hubspot_ends(at_sandbox: HubSpotSession, sandbox: Sandbox):
    paging = {"next": {"after": "10100"}}
    sandbox.fail("files.search", status=200, body={"results": [], "paging": paging})
    with pytest.raises(BadRequestError, match="must not be above 10000"):
        await anext(files.iter_search(at_sandbox))


@pytest.mark.parametrize("id", ["", "abc", "1/2", "..", -1, True, "９", "1" * 20])
async def test_an_id_that_is_none_goes_nowhere(hubspot: Recorder, session: HubSpotSession, id: Any):
    with pytest.raises(InputError, match="file_id must be a number"):
        await files.get(session, id)
    assert hubspot.requests == []


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"size": "huge"}, "size must be one of thumb"),
        ({"expiration_seconds": 0}, "expiration_seconds must be a positive"),
        ({"expiration_seconds": 1.5}, "expiration_seconds must be a whole"),
        ({"upscale": "yes"}, "upscale must be true or false"),
    ],
)
async def test_a_signed_url_that_cannot_be_goes_nowhere(
    hubspot: Recorder, session: HubSpotSession, options: dict[str, Any], told: str
):
    with pytest.raises(InputError, match=told):
        await files.get_signed_url(session, "7", **options)
    assert hubspot.requests == []
