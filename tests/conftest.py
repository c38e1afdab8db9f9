"""Fixtures for all rings of the tests."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp.typedefs import Middleware

from tests.contract import Contract, Specs

if TYPE_CHECKING:
    from hubspot_async.sandbox import Sandbox

OPENAPI_DIR = "HUBSPOT_OPENAPI_DIR"
TEST_DATA = "HUBSPOT_TEST_DATA"
REQUIRE_CONTRACT = "HUBSPOT_REQUIRE_CONTRACT"
"""Set by CI: a run that holds no call against a spec has failed."""

collect_ignore = ["browser", "distributed", "peers"]
"""Tests that need a browser, other people's servers, or HubSpot's own clients: the nox sessions of these names name the
folder, and pytest takes what is named."""

CALLS_CHECKED = pytest.StashKey[int]()


def find_specs() -> Specs | None:
    """HubSpot's specs if this machine has them. A folder that is named and not there is a mistake, not an absence."""
    folder = os.environ.get(OPENAPI_DIR)
    return Specs.at(Path(folder).resolve()) if folder else None


def pytest_configure(config: pytest.Config) -> None:
    # looptime asks for the current loop in every test. Say that there is none, or asyncio makes one, with a warning.
    asyncio.set_event_loop(None)
    keep_bytecode(config)
    let_children_be_interrupted()
    config.stash[CALLS_CHECKED] = 0
    try:
        specs = find_specs()
    except ValueError:
        raise pytest.UsageError(f"{OPENAPI_DIR} names a folder without HubSpot's OpenAPI files") from None
    if specs is None and os.environ.get(REQUIRE_CONTRACT):
        raise pytest.UsageError(f"{REQUIRE_CONTRACT} is set, but {OPENAPI_DIR} is not")


def keep_bytecode(config: pytest.Config) -> None:
    """Keep what is compiled with pytest's cache, where Python is told to leave nothing beside the sources.

    Otherwise this process and every one that a test starts would compile all that it imports, which is half of the time
    that the tests take.
    """
    cache = getattr(config, "cache", None)
    if sys.dont_write_bytecode and cache is not None:
        sys.dont_write_bytecode = False
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix = str(cache.mkdir("bytecode"))


def let_children_be_interrupted() -> None:
    """Undo what a shell does to a job in the background: it ignores Ctrl-C, and so would all that a test starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Take a worker more than there are processors, for each waits for a third of its time and more."""
    processors = yield
    return processors + 1


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Have the collector look at no more than what the tests make: it would go over all that is imported each time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        if "hypothesis" in sys.modules:  # which asks the collector, as it is imported, who holds trio's random numbers
            gc.collect()
            gc.freeze()


def pytest_report_header() -> list[str]:
    names = (OPENAPI_DIR, TEST_DATA)
    return [f"{name}: {'set' if os.environ.get(name) else 'not set, its tests skip'}" for name in names]


def contract_is_owed(config: pytest.Config) -> bool:
    return bool(os.environ.get(REQUIRE_CONTRACT)) and not config.stash[CALLS_CHECKED]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    worker: dict[str, int] | None = getattr(session.config, "workeroutput", None)
    if worker is not None:
        worker["calls_checked"] = session.config.stash[CALLS_CHECKED]
    elif exitstatus == pytest.ExitCode.OK and contract_is_owed(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add up what the processes of a run have held; the one that they belong to holds nothing itself."""
    node.config.stash[CALLS_CHECKED] += node.workeroutput.get("calls_checked", 0)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not os.environ.get(OPENAPI_DIR):
        return
    terminalreporter.write_line(f"contract: {config.stash[CALLS_CHECKED]} calls held against HubSpot's specs")
    if contract_is_owed(config):
        terminalreporter.write_line(f"contract: {REQUIRE_CONTRACT} is set and none was: failed", red=True)


@pytest.fixture(scope="session")
def specs() -> Specs:
    """HubSpot's specs, for tests that are about nothing else."""
    found = find_specs()
    if found is None:
        pytest.skip(f"{OPENAPI_DIR} is not set: HubSpot's OpenAPI files are not here")
    return found


@pytest.fixture
def contract(request: pytest.FixtureRequest) -> Iterator[Contract]:
    """Holds what this test says and hears against the specs; a server of the test's own takes `contract.middlewares`.

    Where the specs are missing it sees nothing, and the test goes on without it.
    """
    contract = Contract(find_specs())
    yield contract
    request.config.stash[CALLS_CHECKED] += contract.calls
    if contract.violations and not request.node.get_closest_marker("no_contract"):
        pytest.fail(contract.verdict(), pytrace=False)


@pytest.fixture(autouse=True)
def _sandboxes_are_held_to_the_contract(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every sandbox have the contract's middlewares, also one that a command or a page makes for itself."""
    from hubspot_async.sandbox import Sandbox

    make = Sandbox.__init__

    def make_held(self: "Sandbox", *args: Any, middlewares: Iterable[Middleware] = (), **options: Any) -> None:
        make(self, *args, middlewares=tuple(middlewares) or contract.middlewares, **options)

    monkeypatch.setattr(Sandbox, "__init__", make_held)


@pytest_asyncio.fixture
async def sandbox(contract: Contract) -> AsyncIterator["Sandbox"]:
    """A HubSpot of one's own, quick, and held to the contract."""
    from hubspot_async.sandbox import Sandbox

    async with Sandbox(task_seconds=0.05, middlewares=contract.middlewares) as sandbox:
        yield sandbox
        if contract.specs and sandbox.requests:
            assert contract.seen, "the sandbox answered requests that its middlewares never saw"


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have looks follow one another so quickly that nobody has to wait for them."""
    from tests.quick import make_looks_quick

    make_looks_quick(monkeypatch.setattr)


@pytest.fixture(scope="session")
def sp500() -> Path:
    """The 503 companies of the S&P 500, as CSV."""
    folder = os.environ.get(TEST_DATA)
    if not folder:
        pytest.skip(f"{TEST_DATA} is not set: the real data is not here")
    path = Path(folder).resolve() / "sp500-companies.csv"
    assert path.is_file(), f"{TEST_DATA} names a folder without {path.name}"
    return path
