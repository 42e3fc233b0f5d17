"""What a work tree says of its CI and of its tests: which files of which CI stand there, what runs the tests.

Reads a few well-known files and guesses nothing from their absence. Must not run anything.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import Final

from cigate.change import Fact

MOST_BYTES = 1_000_000
NO_TESTS_YET = "no test specified"  # what `npm init` writes

# Each CI and the files that configure it; a folder's name stands for the YAML files in it.
CIS: Final = {
    "GitHub Actions": (".github/workflows/",),
    "GitLab CI": (".gitlab-ci.yml",),
    "Jenkins": ("Jenkinsfile",),
    "CircleCI": (".circleci/config.yml", ".circleci/config.yaml"),
    "Buildkite": (".buildkite/pipeline.yml", ".buildkite/pipeline.yaml", "buildkite.yml"),
    "Azure Pipelines": ("azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines/"),
    "Buildbot": ("master.cfg",),
}
GITHUB = "GitHub Actions"


class Pipeline(Fact):
    """A CI and the files that configure it here, relative to the tree."""

    __slots__ = ("files", "name")

    def __init__(self, name: str, files: tuple[str, ...]) -> None:
        self.name: Final = name
        self.files: Final = files


def find_pipelines(top: str) -> list[Pipeline]:
    """Return the CIs that are configured in the work tree `top`, in the order of CIS."""
    found = []
    for name, places in CIS.items():
        files = tuple(file for place in places for file in _files(top, place))
        if files:
            found.append(Pipeline(name, files))
    return found


def _files(top: str, place: str) -> Iterator[str]:
    if not place.endswith("/"):
        if os.path.isfile(os.path.join(top, place)):
            yield place
        return
    try:
        names = sorted(os.listdir(os.path.join(top, place)))
    except OSError:
        return
    yield from (place + name for name in names if name.endswith((".yml", ".yaml")))


def find_test_command(top: str) -> str:
    """Return what most likely runs the tests here, "" where nothing says so.

    What the project has named itself (a make target, an npm script) goes before a tool's own name.
    """
    for file, command in TESTS:
        text = _read(top, file)
        if text is not None and (found := command(text)):
            return found
    return ""


def _named(pattern: str, command: str) -> Callable[[str], str]:
    return lambda text: command if re.search(pattern, text, re.MULTILINE) else ""


def _npm(text: str) -> str:
    import json

    try:
        scripts = json.loads(text)["scripts"]
        script = scripts["test"]
    except (ValueError, KeyError, TypeError):
        return ""
    return "npm test" if isinstance(script, str) and NO_TESTS_YET not in script else ""


# A file, and what its text says of the tests; the first that says something counts.
TESTS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("Makefile", _named(r"^test\s*:(?!=)", "make test")),
    ("Makefile", _named(r"^check\s*:(?!=)", "make check")),
    ("justfile", _named(r"^test\b[^:\n]*:(?!=)", "just test")),
    ("Taskfile.yml", _named(r"^\s+test:", "task test")),
    ("package.json", _npm),
    ("tox.ini", _named(r"^\[(tox|testenv)", "tox")),
    ("noxfile.py", _named(r"^def ", "nox")),
    ("pyproject.toml", _named(r"^\[tool\.pytest", "python -m pytest")),
    ("pytest.ini", _named("", "python -m pytest")),
    ("setup.cfg", _named(r"^\[tool:pytest\]", "python -m pytest")),
    ("conftest.py", _named("", "python -m pytest")),
    ("tests/conftest.py", _named("", "python -m pytest")),
    ("Cargo.toml", _named(r"^\[(package|workspace)\]", "cargo test")),
    ("go.mod", _named(r"^module\b", "go test ./...")),
    ("mvnw", _named("", "./mvnw verify")),
    ("pom.xml", _named("<project", "mvn verify")),
    ("gradlew", _named("", "./gradlew test")),
    ("build.gradle", _named("", "gradle test")),
    ("build.gradle.kts", _named("", "gradle test")),
    ("mix.exs", _named("", "mix test")),
    ("Rakefile", _named(r"\btest\b|\bspec\b", "bundle exec rake")),
    (".rspec", _named("", "bundle exec rspec")),
    ("composer.json", _named(r'"test"\s*:', "composer test")),
    ("CTestTestfile.cmake", _named("", "ctest")),
    ("CMakeLists.txt", _named(r"enable_testing\s*\(", "ctest --test-dir build")),
)


def _read(top: str, file: str) -> str | None:
    try:
        with open(os.path.join(top, file), "rb") as opened:
            return opened.read(MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
