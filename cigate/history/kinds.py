"""What kind of file a path names, and what a word of a subject speaks of.

Judged by name alone, as people name things; the first rule that fits a path wins. Pure.
"""

from __future__ import annotations

from cigate.history.keys import Memo

SOURCE, TEST, DOCS, BUILD, CI, MANIFEST, LOCK, CONFIG, OTHER = range(9)
KIND_NAMES = (
    "source",
    "test",
    "documentation",
    "build",
    "CI configuration",
    "dependency manifest",
    "lock",
    "configuration",
    "other",
)

_LOCKS = frozenset(
    "gemfile.lock package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml poetry.lock uv.lock pdm.lock"
    " pipfile.lock cargo.lock composer.lock go.sum mix.lock flake.lock gradle.lockfile podfile.lock"
    " packages.lock.json bun.lockb bun.lock pubspec.lock".split()
)
_MANIFESTS = frozenset(
    "gemfile package.json pyproject.toml setup.py setup.cfg pipfile environment.yml cargo.toml go.mod"
    " composer.json mix.exs pom.xml build.sbt project.clj podfile bower.json ivy.xml requirements.txt"
    " constraints.txt packages.config directory.packages.props pubspec.yaml libs.versions.toml"
    " berksfile cartfile rebar.config stack.yaml".split()
)
_BUILDS = frozenset(
    "makefile rakefile cmakelists.txt dockerfile build.gradle settings.gradle build.xml gruntfile.js"
    " gulpfile.js webpack.config.js build.gradle.kts settings.gradle.kts gradle.properties gradlew tox.ini"
    " noxfile.py meson.build configure.ac configure.in workspace build.bazel justfile vagrantfile manifest.in"
    " docker-compose.yml babel.config.js tsconfig.json rollup.config.js vite.config.ts procfile"
    " guardfile thorfile build.properties".split()
)
_CI_FILES = frozenset(
    ".travis.yml .gitlab-ci.yml appveyor.yml .appveyor.yml azure-pipelines.yml jenkinsfile circle.yml"
    " .drone.yml .cirrus.yml bitbucket-pipelines.yml buildspec.yml cloudbuild.yaml wercker.yml action.yml"
    " .pre-commit-config.yaml codecov.yml .codecov.yml".split()
)
_CI_FOLDERS = (".github/workflows/", ".circleci/", ".buildkite/", ".github/actions/", ".gitlab/ci/")
_DOC_EXTENSIONS = frozenset(".md .rst .txt .adoc .asciidoc .textile .rdoc .tex .pod .markdown".split())
_DOC_FOLDERS = frozenset("doc docs documentation man manual website".split())
_DOC_NAMES = tuple("readme changelog changes license copying authors contributing history news".split())
_TEST_FOLDERS = frozenset(
    "test tests spec specs testing integration-tests testsuite __tests__ e2e fixtures"
    " step_definitions".split()
)
_TEST_WORDS = frozenset("test tests spec specs conftest".split())
_CAMEL_TESTS = ("Test", "Tests", "TestCase", "Spec", "Specs")
_CONFIG_EXTENSIONS = frozenset(
    ".yml .yaml .json .toml .ini .cfg .conf .properties .xml .env .plist .config".split()
)
_SOURCE_EXTENSIONS = frozenset(
    ".py .rb .js .ts .jsx .tsx .java .kt .kts .scala .groovy .go .rs .c .h .cc .cpp .cxx .hpp .hh .cs .vb"
    " .php .pl .swift .m .mm .ex .exs .erl .hrl .clj .cljs .cljc .hs .ml .mli .lua .r .jl .dart .sh .bash"
    " .zsh .ps1 .bat .sql .erb .haml .slim .html .htm .css .scss .sass .less .vue .svelte .coffee .rake"
    " .proto .thrift .jsp .xsl .xslt .tpl .twig .mustache .hbs .s .asm .f90 .el .lisp .scm .d .nim .zig .v"
    " .vhd .vhdl .sv .bzl .ejs .jade .pug .cr .tf .opal".split()
)


def extension_of(path: str) -> str:
    """Return the last extension of `path` in lower case with its dot, or ''."""
    name = path.rsplit("/", 1)[-1]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def kind_of(path: str) -> int:
    """Return the kind of the file that `path` names: SOURCE, TEST, DOCS, ... OTHER."""
    folder, _, own_name = path.rpartition("/")
    above: _Above = _ABOVE[folder]
    name = own_name.lower()
    if name in _CI_FILES or above.ci:
        return CI
    if name in _LOCKS or name.endswith(".lock"):
        return LOCK
    if _is_manifest(name, above.requirements):
        return MANIFEST
    if name in _BUILDS or name.startswith("dockerfile") or name.endswith((".mk", ".cmake", ".gradle")):
        return BUILD
    if above.tests or _is_test(name, own_name):
        return TEST
    extension = extension_of(name)
    if above.docs or extension in _DOC_EXTENSIONS:
        return DOCS
    if extension in _SOURCE_EXTENSIONS:
        return SOURCE
    if extension in _CONFIG_EXTENSIONS:
        return CONFIG
    if name.startswith(_DOC_NAMES):
        return DOCS
    return CONFIG if name.startswith(".") else OTHER


class _Above:
    """What a folder says of the kind of the files in it."""

    __slots__ = ("ci", "docs", "requirements", "tests")

    def __init__(self, folder: str) -> None:
        lowered = folder.lower()
        folders = lowered.split("/")
        self.ci = f"{lowered}/".startswith(_CI_FOLDERS)
        self.docs = not _DOC_FOLDERS.isdisjoint(folders)
        self.requirements = folders[-1] == "requirements"
        self.tests = not _TEST_FOLDERS.isdisjoint(folders)


_ABOVE = Memo(_Above)


def _is_manifest(name: str, in_requirements: bool) -> bool:
    if name in _MANIFESTS or name.endswith((".gemspec", ".csproj", ".nuspec", ".podspec", ".cabal")):
        return True
    return (in_requirements or name.startswith("requirements")) and name.endswith((".txt", ".in"))


def _is_test(name: str, own_name: str) -> bool:
    """Tell whether a file's own name says test: test_x.py, x-spec.js, x.test.ts, XTest.java, TestX.java."""
    if own_name.endswith(".feature"):
        return True
    if "test" not in name and "spec" not in name:
        return False
    stem = own_name.rpartition(".")[0] or own_name
    words = stem.lower().replace("-", "_").replace(".", "_").split("_")
    if words[0] in _TEST_WORDS or words[-1] in _TEST_WORDS:
        return True
    return stem.endswith(_CAMEL_TESTS) or (stem.startswith("Test") and stem[4:5].isupper())


FIX, MERGE, REVERT, WIP, UPGRADE, TESTING, WRITING, REFACTOR, ADD = (1 << bit for bit in range(9))
_STEMS = {
    FIX: ("fix", "bug", "repair", "resolve", "correct"),
    MERGE: ("merge",),
    REVERT: ("revert", "rollback", "undo"),
    WIP: ("wip", "tmp", "temp", "hack", "try", "experiment"),
    UPGRADE: ("bump", "upgrade", "update", "version", "release", "depend"),
    TESTING: ("test", "spec", "travis", "ci", "build", "jenkins"),
    WRITING: ("doc", "readme", "typo", "comment", "changelog"),
    REFACTOR: ("refactor", "clean", "rename", "move", "extract", "remove"),
    ADD: ("add", "implement", "introduce", "new", "support", "feature"),
}


def cues_of(word: str) -> int:
    """Return the bits of what a word in lower case speaks of: FIX | MERGE | ... ADD."""
    return sum([cue for cue, stems in _STEMS.items() if word.startswith(stems)])
