"""The project's habits: each session is one of them, and `nox --list` shows all."""

import os
import pathlib
import shutil

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests", "lint", "typing", "docs"]
nox.options.stop_on_first_error = False

PYTHONS = ["3.11", "3.12", "3.13"]
PYPROJECT = nox.project.load_toml("pyproject.toml")

# Debian's packages that a session needs, each with the program that shows it is there.
BROWSER = {"chromium": "chromium", "chromium-driver": "chromedriver", "fonts-inter": None}
TERMINAL = {"tmux": "tmux"}
SERVERS = {"redis": {"redis-server": "redis-server", "faketime": "faketime"}}


def install(session: nox.Session, *groups: str, package: str | None = "-e.[cli]") -> None:
    """Install the package and dependency groups, spelt out: not every pip knows `--group`."""
    wanted = nox.project.dependency_groups(PYPROJECT, *groups) if groups else ()
    session.install(*([package] if package else []), *wanted)


def run_tests(session: nox.Session) -> None:
    install(session, "test")
    session.run("pytest", *(session.posargs or ("-n", "auto", "--dist", "worksteal")))


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests under the Python that nox runs under."""
    run_tests(session)


@nox.session(python=PYTHONS)
def tests_all(session: nox.Session) -> None:
    """Run the tests under every supported Python that is found; the others are skipped."""
    run_tests(session)


@nox.session
def browser(session: nox.Session) -> None:
    """Use the web app of the examples as people do, in Chromium."""
    install(session, "test", "browser")
    need(session, BROWSER)
    session.run("pytest", "tests/browser", *session.posargs)


def need(session: nox.Session, packages: dict[str, str | None]) -> None:
    """Install Debian's packages where that can be done; elsewhere skip without them, or fail if they are required."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        missing = [package for package in packages if not is_installed(session, package)]
        if missing:
            apt(session, "update")
            apt(session, "install", "-y", "--no-install-recommends", *missing)
    elif missing := [program for program in packages.values() if program and not shutil.which(program)]:
        told = f"{' and '.join(missing)} are missing here, and only root on Debian can install them"
        session.error(told) if os.environ.get("HUBSPOT_REQUIRE_PROGRAMS") else session.skip(told)


def is_installed(session: nox.Session, package: str) -> bool:
    query = ("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}", package)
    return str(session.run(*query, external=True, silent=True, success_codes=[0, 1])).startswith("ii")


def apt(session: nox.Session, *words: str) -> None:
    options = ("-q", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120")
    session.run("apt-get", *options, *words, env={"DEBIAN_FRONTEND": "noninteractive"}, external=True, silent=True)


@nox.session
def peers(session: nox.Session) -> None:
    """Point HubSpot's own clients at the sandbox, and run the pages about moving from them."""
    install(session, "test", "peers", package="-e.[cli]")
    # The oldest of them is written with escapes that Python no longer likes.
    pages = "tests/docs/test_pages.py::test_page_about_another_library"
    session.run("pytest", "-W", "ignore:invalid escape sequence", "tests/peers", pages, *session.posargs)


@nox.session
def first_steps(session: nox.Session) -> None:
    """Do what README and tutorial say, word by word, in an empty home."""
    session.install("attrs")
    session.run("python", "-m", "tests.docs.first_steps")


@nox.session
@nox.parametrize("engine", ["redis", "temporal", "airflow"])
def distributed(session: nox.Session, engine: str) -> None:
    """Run the doors for many machines against the real servers, which the tests start and stop themselves."""
    need(session, SERVERS.get(engine, {}))
    install(session, "test", f"distributed-{engine}", package=f"-e.[sandbox,{engine}]")
    session.run("pytest", f"tests/distributed/{engine}", f"tests/integrations/{engine}", *session.posargs)


@nox.session
def crash(session: nox.Session) -> None:
    """Kill bulk runs more than two hundred times, and print what was found after each; takes some minutes."""
    install(session, "test")
    session.run("python", "-m", "tests.crash", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, formatting and the floors."""
    install(session, "lint", package=None)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, twice: each checker finds what the other does not."""
    install(session, "typing")
    session.run("mypy")
    session.run("basedpyright", "--pythonpath", str(pathlib.Path(session.bin, "python")))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; a warning is an error."""
    install(session, "docs")
    session.run("sphinx-build", "-q", "-W", "--keep-going", "-b", "html", "docs", "docs/_build/html", *session.posargs)


def web_app_pictures(session: nox.Session) -> None:
    install(session, "test", "browser")
    need(session, BROWSER)
    session.run("pytest", "tests/browser", "--pictures")


def terminal_pictures(session: nox.Session) -> None:
    install(session, "test")
    need(session, TERMINAL)
    session.run("python", "-m", "tests.terminal.pictures")


def lateness_pictures(session: nox.Session) -> None:
    install(session, "pictures")
    session.run("python", "-m", "benchmarks.lateness", "docs/pictures/lateness.svg")


def scale_pictures(session: nox.Session) -> None:
    install(session, package="-e.")
    session.run("python", "-m", "benchmarks.scale", "266")  # takes five minutes; the cost of a poll is the page's


PICTURES = {
    "web-app": web_app_pictures,
    "terminal": terminal_pictures,
    "lateness": lateness_pictures,
    "scale": scale_pictures,
}
"""What makes the pictures whose names begin so, in docs/pictures."""


@nox.session
def pictures(session: nox.Session) -> None:
    """Make the pictures of the docs anew, all or those named after `--`."""
    for name in session.posargs or PICTURES:
        PICTURES[name](session)


FIGURES = (
    "decode",
    "memory",
    "cpu",
    "heartbeat",
    "simulate",
    "end_to_end",
    "startup",
    "scale",
    "largefiles",
    "files",
)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure every figure of the docs beside its peers; takes about three quarters of an hour, and a quiet machine."""
    install(session, "peers", package="-e.[cli,redis]")
    for figure in session.posargs or FIGURES:
        session.run("python", "-m", f"benchmarks.{figure}")


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job from end to end against the sandbox."""
    install(session)
    session.run("hubspot-async", "demo", *session.posargs)
