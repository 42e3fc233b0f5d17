"""Kinds of files: told by name, the way people name things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cigate.history.kinds import ADD, FIX, KIND_NAMES, cues_of, extension_of, kind_of
from tests.builds import ANY_TEXT, examples

KINDS = {
    "source": "src/a.py lib/x.rb main.c app.js App.vue a/b/c.java latest.py contest.rb inspect.js"
    " cigate/features/paths.py src/history.py changes.rb authors_controller.rb greatest.go x.proto",
    "test": "tests/a.py spec/a_spec.rb test_a.py a_test.go a.test.ts a.spec.js src/FooTest.java TestFoo.java"
    " FooTests.cs FooSpec.scala conftest.py test.py pkg/testing/x.go features/a.feature a-spec.ts"
    " features/step_definitions/s.rb spec/fixtures/a.yml e2e/x.ts src/__tests__/x.js",
    "documentation": "README.md README docs/conf.py a.rst LICENSE LICENSE-MIT CHANGES HISTORY NEWS man/x.1"
    " README.rdoc CONTRIBUTING notes.txt README.ja",
    "build": "Makefile sub/Makefile Rakefile CMakeLists.txt Dockerfile Dockerfile.dev build.gradle x.mk"
    " tox.ini docker-compose.yml tsconfig.json cmake/FindX.cmake Procfile",
    "CI configuration": ".travis.yml .github/workflows/ci.yml .gitlab-ci.yml .circleci/config.yml Jenkinsfile"
    " .github/actions/x/run.py appveyor.yml",
    "dependency manifest": "Gemfile package.json setup.py setup.cfg pyproject.toml requirements.txt"
    " requirements-dev.txt requirements/dev.txt go.mod pom.xml x.gemspec A.csproj Cargo.toml",
    "lock": "Gemfile.lock poetry.lock yarn.lock package-lock.json go.sum Cargo.lock Chart.lock uv.lock",
    "configuration": "config/app.yml x.json a.ini .rubocop.yml .gitignore .editorconfig history.json .env",
    "other": "logo.png data.bin bin/tool no_extension a.svgz",
}


@pytest.mark.parametrize(("path", "kind"), [(p, k) for k, paths in KINDS.items() for p in paths.split()])
def test_file_is_of_its_kind(path: str, kind: str) -> None:
    """What a developer would call it."""
    assert KIND_NAMES[kind_of(path)] == kind


def test_every_kind_has_examples() -> None:
    """The table above is whole."""
    assert set(KINDS) == set(KIND_NAMES)


@pytest.mark.parametrize("path", ["Tests/A.PY", "DOCS/a.RST", "GEMFILE.LOCK", ".Travis.YML"])
def test_case_does_not_matter(path: str) -> None:
    """File systems differ about it."""
    assert kind_of(path) == kind_of(path.lower())


@given(ANY_TEXT | st.text(".a/Tes_-", max_size=12))
@examples(200)
def test_any_name_has_a_kind_and_an_extension(path: str) -> None:
    """A stranger's file names are no reason to fail."""
    assert 0 <= kind_of(path) < len(KIND_NAMES)
    extension = extension_of(path)
    assert extension == "" or extension.startswith(".")


@pytest.mark.parametrize(
    ("path", "extension"),
    [
        ("a.py", ".py"),
        ("a/b.TAR.GZ", ".gz"),
        (".gitignore", ""),
        ("Makefile", ""),
        ("x.d/file", ""),
        ("a.", "."),
    ],
)
def test_extension_is_the_last_one(path: str, extension: str) -> None:
    """In lower case, with its dot; a leading dot starts a name."""
    assert extension_of(path) == extension


@pytest.mark.parametrize(
    ("word", "cues"),
    [("fixes", FIX), ("parser", 0), ("", 0), ("newest", ADD), ("bugfix", FIX), ("prefix", 0)],
)
def test_a_word_speaks_of_what_it_starts_with(word: str, cues: int) -> None:
    """Stems are looked for where a word begins."""
    assert cues_of(word) == cues
