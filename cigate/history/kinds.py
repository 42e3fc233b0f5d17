"""What kind of file a path names, and what a word of a subject speaks of.

Judged by name alone, as people name things; the first rule that fits a path wins. Pure.
"""

from __future__ import annotations

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
    lowered = path.lower()
    folders = lowered.split("/")
    name = folders.pop()
    if name in _CI_FILES or lowered.startswith(_CI_FOLDERS):
        return CI
    if name in _LOCKS or name.endswith(".lock"):
        return LOCK
    if _is_manifest(folders, name):
        return MANIFEST
    if name in _BUILDS or name.startswith("dockerfile") or name.endswith((".mk", ".cmake", ".gradle")):
        return BUILD
    if not _TEST_FOLDERS.isdisjoint(folders) or _is_test(path.rpartition("/")[2]):
        return TEST
    extension = extension_of(name)
    if extension in _DOC_EXTENSIONS or not _DOC_FOLDERS.isdisjoint(folders):
        return DOCS
    if extension in _SOURCE_EXTENSIONS:
        return SOURCE
    if extension in _CONFIG_EXTENSIONS:
        return CONFIG
    if name.startswith(_DOC_NAMES):
        return DOCS
    return CONFIG if name.startswith(".") else OTHER


def _is_manifest(folders: list[str], name: str) -> bool:
    if name in _MANIFESTS or name.endswith((".gemspec", ".csproj", ".nuspec", ".podspec", ".cabal")):
        return True
    named = name.startswith("requirements") or folders[-1:] == ["requirements"]
    return named and name.endswith((".txt", ".in"))


def _is_test(name: str) -> bool:
    """Tell whether a file's own name says test: test_x.py, x-spec.js, x.test.ts, XTest.java, TestX.java."""
    stem = name.rpartition(".")[0] or name
    words = stem.lower().replace("-", "_").replace(".", "_").split("_")
    if words[0] in _TEST_WORDS or words[-1] in _TEST_WORDS or name.endswith(".feature"):
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
