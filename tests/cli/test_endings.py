"""How the real command ends: every exit status, and every class of error."""

import inspect
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import pytest

from hubspot_async import errors, exports
from hubspot_async.cli.ending import Exit, advice_on, missing_scopes, status_of, worded
from hubspot_async.sandbox import Sandbox
from hubspot_async.session import session as session_module
from hubspot_async.session.starts import UnansweredStart
from hubspot_async.session.timeouts import Timeouts
from hubspot_async.watching import rules
from hubspot_async.wire.request import Request
from hubspot_async.wire.versions import Family
from tests.cli.conftest import Run

pytestmark = [pytest.mark.no_contract, pytest.mark.usefixtures("impatient")]

EXPORT = ("export", "contacts", "-p", "email")
TASK = exports.task("7")


@attrs.frozen
class Scene:
    """Something that goes wrong, and how the command is to end then."""

    status: Exit
    says: str
    arguments: tuple[str, ...] = EXPORT
    sandbox: Callable[[Sandbox], object] = lambda sandbox: None
    patch: Callable[[pytest.MonkeyPatch], object] = lambda monkeypatch: None


def raised(error: Exception, status: Exit, says: str = "", *, where: Any = None, name: str = "start") -> Scene:
    """Let an error be raised where the command meets HubSpot: one that no command can bring about."""

    async def start(*_: object, **__: object) -> None:
        raise error

    module: ModuleType = where or exports
    return Scene(status, says or str(error), patch=lambda monkeypatch: monkeypatch.setattr(module, name, start))


def fault(operation: str, **options: Any) -> Callable[[Sandbox], object]:
    return lambda sandbox: sandbox.fail(operation, times=None, **options)


def status_body(**fields: object) -> dict[str, object]:
    return {"status": "COMPLETE", "startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:00:01Z", **fields}


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_module, "Timeouts", partial(Timeouts, read=0.2, total=0.2))


SCENES: dict[type[Exception], Scene] = {
    errors.HubSpotError: raised(errors.HubSpotError("odd"), Exit.MISTAKE),
    errors.InputError: Scene(Exit.USAGE, "character 3", (*EXPORT, "--filter", "a ~ b")),
    errors.UnknownTaskKindError: raised(errors.UnknownTaskKindError("a kind"), Exit.USAGE),
    errors.UnsupportedVersionError: raised(errors.UnsupportedVersionError("no update"), Exit.USAGE),
    errors.SessionClosedError: raised(errors.SessionClosedError("closed"), Exit.MISTAKE),
    errors.TokenSourceError: raised(errors.TokenSourceError("the callable failed"), Exit.TOKEN),
    errors.ConnectionFailedError: Scene(
        Exit.UNREACHABLE,
        "127.0.0.1 cannot be reached: ",
        patch=lambda monkeypatch: monkeypatch.setenv("HUBSPOT_BASE_URL", closed_port()),
    ),
    errors.RequestTimeoutError: Scene(
        Exit.UNREACHABLE,
        "did not answer in time (GET /account-info/2026-03/details). Check the network",
        ("whoami",),
        fault("accounts.details", delay=5.0),
        quick,
    ),
    errors.TlsError: raised(errors.TlsError("x cannot prove that it is x", sent=False), Exit.UNREACHABLE),
    errors.StartOutcomeUnknownError: Scene(
        Exit.UNKNOWN,
        "Look whether it has begun before you start it again",
        sandbox=fault("exports.start", disconnect=True, performed=True),
    ),
    errors.InvalidResponseError: Scene(
        Exit.UNREACHABLE, "status 200", ("whoami",), fault("accounts.details", status=200, body="<html>log in</html>")
    ),
    errors.ResponseError: Scene(Exit.REFUSED, "418", sandbox=fault("exports.start", status=418)),
    errors.BadRequestError: Scene(
        Exit.REFUSED, "400 VALIDATION_ERROR: Properties ['shoe'] do not exist", ("export", "contacts", "-p", "shoe")
    ),
    errors.UnauthorizedError: Scene(
        Exit.TOKEN,
        "Check the token: hubspot-async whoami",
        patch=lambda monkeypatch: monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "pat-sandbox-wrong"),
    ),
    errors.TokenRefreshError: raised(errors.TokenRefreshError("no", status=400), Exit.TOKEN, "Install the app"),
    errors.ForbiddenError: Scene(
        Exit.TOKEN,
        "Grant the token crm.export",
        sandbox=lambda sandbox: sandbox.account("default", scopes=["files"]),
    ),
    errors.NotFoundError: Scene(Exit.REFUSED, "404 OBJECT_NOT_FOUND", ("folder", "rename", "/nowhere", "x")),
    errors.LockedError: Scene(Exit.REFUSED, "423", sandbox=fault("exports.start", status=423)),
    errors.RateLimitError: Scene(
        Exit.REFUSED,
        "others use up the account's requests",
        sandbox=fault("exports.start", status=429, headers={"Retry-After": "1"}),
    ),
    errors.DailyLimitError: Scene(
        Exit.REFUSED,
        "midnight in the account's time zone",
        sandbox=fault("exports.start", status=429, body={"policyName": "DAILY", "message": "You have reached it."}),
    ),
    errors.ImportLimitError: Scene(
        Exit.REFUSED,
        "wait for the next day",
        ("import", "leads.csv", "--map", "Email=email"),
        fault("imports.start", status=429, body={"errorType": "FREE_PORTAL_IMPORT_ROWS_LIMIT", "message": "rows"}),
    ),
    errors.AccountMigratingError: Scene(Exit.REFUSED, "within a day", sandbox=fault("exports.start", status=477)),
    errors.ServerError: Scene(Exit.UNREACHABLE, "500", ("whoami",), fault("accounts.details", status=500)),
    errors.TaskError: raised(errors.TaskError("odd", TASK), Exit.FAILED),
    errors.TimedOutError: Scene(
        Exit.UNREACHABLE,
        "HubSpot goes on with it: hubspot-async watch export:",
        (*EXPORT, "--timeout", "0.2"),
        fault("exports.status", status=200, body=status_body(status="PROCESSING")),
    ),
    errors.AlreadyFinishedError: raised(errors.AlreadyFinishedError("it is over", TASK), Exit.FAILED),
    errors.VanishedError: Scene(
        Exit.FAILED,
        "import 4711: HubSpot does not know it (404",
        ("watch", "import:4711"),
        patch=lambda monkeypatch: monkeypatch.setattr(rules, "GRACE", -1.0),
    ),
    errors.TaskNotSucceededError: raised(errors.TaskNotSucceededError("canceled", TASK), Exit.FAILED, "Start it anew"),
    errors.ResultMissingError: Scene(
        Exit.FAILED,
        "still without its result",
        sandbox=fault("exports.status", status=200, body=status_body()),
        patch=lambda monkeypatch: monkeypatch.setattr(rules, "FEW", 1),
    ),
    errors.DownloadError: Scene(
        Exit.UNREACHABLE, "could not be had whole", sandbox=fault("downloads.export", status=500)
    ),
    errors.UnsafeUrlError: Scene(
        Exit.UNREACHABLE,
        "Find out who stands between",
        sandbox=fault("exports.status", status=200, body=status_body(result="ftp://example.com/x?Signature=s3cret")),
    ),
    errors.FileFormatError: Scene(
        Exit.FAILED, "the export is CSV, and x.xlsx would not be", (*EXPORT, "--format", "CSV", "--to", "x.xlsx")
    ),
    errors.JournalError: raised(errors.JournalError("j is no journal", path=Path("j")), Exit.MACHINE),
    errors.JournalInUseError: raised(errors.JournalInUseError("j is in use", path=Path("j")), Exit.MACHINE),
    errors.WatcherClosedError: raised(errors.WatcherClosedError("left"), Exit.MISTAKE),
}


def test_no_class_of_error_is_left_out() -> None:
    found = inspect.getmembers(errors, lambda each: inspect.isclass(each) and issubclass(each, errors.HubSpotError))
    assert set(SCENES) == {cls for _, cls in found}


@pytest.mark.parametrize("cls", SCENES, ids=lambda cls: cls.__name__)
def test_an_error_is_one_line_and_an_exit_status(
    cls: type[Exception], run: Run, served: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    scene = SCENES[cls]
    (tmp_path / "work" / "leads.csv").write_text("Email\nana@example.com\n")
    scene.sandbox(served)
    scene.patch(monkeypatch)
    done = run(*scene.arguments)
    assert done.status == scene.status
    assert scene.says in done.complaint
    assert "Traceback" not in done.err
    assert served.token not in done.out + done.err
    assert "s3cret" not in done.out + done.err
    told = done.objects[-1] if done.out else {"error": cls.__name__}
    assert told["error"] == cls.__name__


@pytest.mark.parametrize("name", ["exports.start", "exports.status"])
def test_a_refusal_has_its_correlation_id_for_people_and_for_programs(name: str, run: Run, served: Sandbox) -> None:
    served.fail(name, status=400, times=None)
    done = run(*EXPORT)
    assert done.status == Exit.REFUSED
    assert "correlation id 00000000-0000-4000-8000-000000000000" in done.complaint
    assert done.objects[-1]["correlation_id"] == "00000000-0000-4000-8000-000000000000"


def test_the_last_object_tells_the_exit_status_and_what_to_do(run: Run, served: Sandbox) -> None:
    served.account("default", scopes=["files"])
    told = run(*EXPORT).objects[-1]
    assert (told["event"], told["exit_status"], told["advice"]) == ("error", 3, "Grant the token crm.export")


def test_all_is_well(run: Run, served: Sandbox) -> None:
    assert run(*EXPORT).status == Exit.DONE


def test_a_file_that_cannot_be_read_is_this_machines(run: Run, served: Sandbox) -> None:
    done = run("import", "missing.csv", "--map", "Email=email")
    assert done.status == Exit.MACHINE
    assert done.complaint == "hubspot-async: missing.csv: No such file or directory"


def test_a_mistake_of_ours_says_so_and_shows_where_only_if_asked(
    run: Run, served: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(exports, "start", start)
    done = run(*EXPORT)
    assert done.status == Exit.MISTAKE
    assert done.complaint == "hubspot-async: KeyError: 'x'. This is a mistake in hubspot-async: --debug shows where"
    assert "Traceback" not in done.err
    assert "Traceback" in run(*EXPORT, "--debug").err


def test_debug_shows_where_an_error_came_from_and_no_token(run: Run, served: Sandbox) -> None:
    served.fail("exports.start", status=400)
    done = run(*EXPORT, "--debug")
    assert "Traceback" in done.err
    assert "DEBUG   hubspot_async.session: POST /crm/exports/2026-03/export/async: 400" in done.err
    assert served.token not in done.err


def test_what_hubspot_canceled_is_failed_and_says_what_its_record_says(run: Run, served: Sandbox) -> None:
    served.fail("exports.status", status=200, times=None, body=status_body(status="CANCELED"))
    served.fail("exports.get", status=200, times=None, body={"id": "1", "exportState": "FAILED"})
    done = run(*EXPORT)
    assert done.status == Exit.FAILED
    assert done.complaint.endswith(" ended as CANCELED: its record says FAILED")
    assert done.results[0]["succeeded"] is False
    assert done.results[0]["errors"] == ["its record says FAILED"]


def test_of_several_that_end_in_different_ways_the_status_is_1(
    run: Run, served: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "GRACE", -1.0)
    assert run("watch", "export:1").status == Exit.TOKEN
    assert run("watch", "export:1", "export:2").status == Exit.TOKEN
    assert run("watch", "export:1", "import:2").status == Exit.FAILED


# Without a command.


def test_most_specific_first() -> None:
    assert status_of(errors.UnsafeUrlError("x")) == Exit.UNREACHABLE
    assert status_of(errors.DailyLimitError("x", status=429)) == Exit.REFUSED
    assert status_of(BrokenPipeError()) == Exit.READER_GONE
    assert status_of(KeyboardInterrupt()) == Exit.INTERRUPTED
    assert status_of(ValueError()) == Exit.MISTAKE
    assert advice_on(errors.InputError("x")) == advice_on(OSError()) == ""


def test_scopes_are_named_wherever_hubspot_names_them() -> None:
    said = errors.ForbiddenError("no", status=403, context={"requiredGranularScopes": ["a", "b"]})
    assert missing_scopes(said) == ("a", "b")
    assert worded(said, "north") == "north: 403: no. Grant the token a or b"
    assert missing_scopes(errors.ForbiddenError("no", status=403)) == ()


def test_a_sentence_that_ends_itself_is_not_ended_twice() -> None:
    request: Request[Any] = Request("POST", Family.EXPORTS, "2026-03", "/export/async", None)
    start = UnansweredStart(str(request), None, TASK.started_at, None, "look")  # type: ignore[arg-type]
    assert ".." not in worded(errors.StartOutcomeUnknownError("Who knows.", start=start))
