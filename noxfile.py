"""The project's habits: nox -s tests, tests_all, peers, crash, lint, typing, docs, bench, demo."""

import pathlib

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


@nox.session
def bench(session: nox.Session) -> None:
    """Measure every figure of the docs beside its peers; takes about a quarter of an hour, and a quiet machine."""
    install(session, "peers")
    for figure in session.posargs or ("decode", "memory", "cpu", "simulate", "end_to_end"):
        session.run("python", "-m", f"benchmarks.{figure}")


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job from end to end against the sandbox."""
    install(session)
    session.run("hubspot-async", "demo", *session.posargs)
