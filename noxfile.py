"""The project's habits: nox -s tests, tests_all, peers, distributed, lint, typing, docs, bench, demo."""

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
def peers(session: nox.Session) -> None:
    """Point HubSpot's own clients at the sandbox."""
    install(session, "test", "peers", package="-e.[sandbox]")
    # The oldest of them is written with escapes that Python no longer likes.
    session.run("pytest", "-W", "ignore::SyntaxWarning", "tests/peers", *session.posargs)


DEBIAN = {"redis": {"redis-server": "redis-server", "faketime": "faketime"}}


@nox.session
@nox.parametrize("engine", ["redis", "temporal", "airflow"])
def distributed(session: nox.Session, engine: str) -> None:
    """Run the doors for many machines against the real servers, which the tests start and stop themselves."""
    for program, package in DEBIAN.get(engine, {}).items():
        find_program(session, program, package)
    install(session, "test", f"distributed-{engine}", package=f"-e.[sandbox,{engine}]")
    session.run("pytest", f"tests/distributed/{engine}", f"tests/integrations/{engine}", *session.posargs)


def find_program(session: nox.Session, program: str, package: str) -> None:
    """Install a program of Debian's if it is missing; where that cannot be done, say so, and on CI fail."""
    if shutil.which(program) is None and shutil.which("apt-get") and os.geteuid() == 0:
        session.run("apt-get", "update", external=True, silent=True, success_codes=[0, 100])
        options = ["-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60"]
        session.run("apt-get", "install", *options, package, external=True, silent=True, success_codes=[0, 100])
    if shutil.which(program) is None:
        reason = f"{program} is missing, and no apt-get here installs it: get {package} of your system"
        if os.environ.get("CI"):
            session.error(reason)
        session.skip(reason)


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


@nox.session
def bench(session: nox.Session) -> None:
    """Measure every figure of the docs beside its peers; takes about half an hour, and a quiet machine."""
    install(session, "peers", package="-e.[cli,redis]")
    for figure in session.posargs or ("decode", "memory", "cpu", "simulate", "end_to_end", "scale"):
        session.run("python", "-m", f"benchmarks.{figure}")


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job from end to end against the sandbox."""
    install(session)
    session.run("hubspot-async", "demo", *session.posargs)
