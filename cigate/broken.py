"""What in a file's content cannot be right: conflict markers left over, a manifest or Python without sense.

Pure, and on the path of a push whose file names call for it; each parser is imported where the first such
file is met. Says nothing where a parser may merely be too old or too strict for the file.
"""

from __future__ import annotations

from cigate.change import Fact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    Check = Callable[[bytes], tuple[int, str] | None]

CONFLICT, JSON, TOML, INI, XML, PYTHON = "conflict", "json", "toml", "ini", "xml", "python"
IMPORT = "import"
TITLES = {JSON: "JSON", TOML: "TOML", INI: "INI", XML: "XML", PYTHON: "Python"}
OURS, MIDDLE, THEIRS = b"<<<<<<< ", b"=======", b">>>>>>> "
LONGEST_SAID = 80

# Broken files are meant there, or are somebody else's.
_SAMPLES = frozenset({"fixtures", "fixture", "testdata", "test-data", "test_data", "golden", "samples"})
_SAMPLES |= {"__snapshots__", "cassettes", "templates", "template", "node_modules", "vendor", "third_party"}
_TESTS = frozenset({"test", "tests", "spec", "specs", "__tests__", "androidtest"})
_PROSE = (".md", ".rst", ".txt", ".adoc", ".asciidoc", ".diff", ".patch", ".html", ".svg", ".orig", ".rej")
# What a build reads before anything else. Other files of these forms may break and nobody notices: of 8
# builds whose push broke a JSON file, 3 failed, of those on green branches none.
_MANIFESTS = {
    "package.json": JSON,
    "composer.json": JSON,
    "pyproject.toml": TOML,
    "cargo.toml": TOML,
    "setup.cfg": INI,
    "pom.xml": XML,
}
_TEMPLATED = (b"{{", b"<%", b"{%")
# Whatever its version, Python says these of no file that another version of it takes.
_IN_ALL_VERSIONS = (
    "' was never closed",
    "unmatched '",
    "does not match opening parenthesis",
    "unterminated triple-quoted string literal",
    "unexpected indent",
    "unindent does not match",
    "expected an indented block",
)


class Broken(Fact):
    """One file that cannot be right: `kind` of defect, the `line` where it shows, and what was said of it."""

    __slots__ = ("kind", "line", "path", "said")
    kind: Final[str]
    path: Final[str]
    line: Final[int]
    said: Final[str]

    def __init__(self, kind: str, path: str, line: int, said: str = "") -> None:
        self.kind = kind
        self.path = path
        self.line = line
        self.said = said

    @property
    def certain(self) -> bool:
        """Return whether it is wrong by itself, whatever a build may generate."""
        return self.kind != IMPORT

    @property
    def text(self) -> str:
        """Return the fact in words that a developer can check."""
        where = f"{self.path}:{self.line}"
        if self.kind == CONFLICT:
            return f"conflict markers in {where}"
        if self.kind == IMPORT:
            return f"{where} imports {self.said}, which the tree does not have"
        return f"{where} is no {TITLES[self.kind]}" + (f": {self.said}" if self.said else "")


def kinds_of(path: str, thorough: bool = False) -> tuple[str, ...]:
    """Return the kinds of defect to look for in the file called `path`; none where broken files are meant.

    Only a `thorough` look parses Python, which takes 2 ms a file and hardly ever finds anything, and reads
    the imports of Java, for which nearly every push of such a project would wait for a second git.
    """
    folders = frozenset(path.lower().split("/")[:-1])
    name = path.lower().rpartition("/")[2]
    if folders & _SAMPLES or (folders & _TESTS and ("resources" in folders or "data" in folders)):
        return ()
    if name.endswith(".java"):
        return (CONFLICT, IMPORT) if thorough else (CONFLICT,)
    found = () if name.endswith(_PROSE) else (CONFLICT,)
    parsed = PYTHON if thorough and name.endswith(".py") else _MANIFESTS.get(name, "")
    return (*found, parsed) if parsed and (parsed == PYTHON or not folders & _TESTS) else found


def find_broken(path: str, data: bytes, kinds: tuple[str, ...]) -> Broken | None:
    """Return what is broken, of these `kinds`, in the content of the file `path`; None where all is well.

    Binary and empty files are nobody's to judge. Of an import only the tree can tell: see `missing`.
    """
    if b"\0" in data or not data.strip():
        return None
    for kind in kinds:
        found = CHECKS[kind](data) if kind in CHECKS else None
        if found:
            return Broken(kind, path, *found)
    return None


def _check_conflict(data: bytes) -> tuple[int, str] | None:
    """Find one whole conflict: its three marks, each at the start of a line, in their order."""
    if OURS not in data or THEIRS not in data:
        return None
    start = middle = 0
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.startswith(OURS):
            start, middle = number, 0
        elif start and line.rstrip(b"\r") == MIDDLE:
            middle = number
        elif middle and line.startswith(THEIRS):
            return start, ""
    return None


def _check_json(data: bytes) -> tuple[int, str] | None:
    import json

    if any(mark in data for mark in _TEMPLATED):
        return None
    try:
        json.loads(data)
    except json.JSONDecodeError as error:
        return error.lineno, _said(error.msg)
    except (ValueError, RecursionError):  # an encoding or a number that Python refuses: not the file's fault
        pass
    return None


def _check_toml(data: bytes) -> tuple[int, str] | None:
    import tomllib

    if any(mark in data for mark in _TEMPLATED):
        return None
    try:
        tomllib.loads(data.decode("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).rpartition(" (at ")
        digits = place.partition("line ")[2].partition(",")[0]
        return int(digits) if digits.isdecimal() else data.rstrip().count(b"\n") + 1, _said(said)
    except (ValueError, RecursionError):
        pass
    return None


def _check_ini(data: bytes) -> tuple[int, str] | None:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(data.decode("utf-8-sig"))
    except configparser.MissingSectionHeaderError as error:
        return error.lineno, "no key or section"
    except configparser.ParsingError as error:
        return error.errors[0][0], "no key or section"
    except (configparser.DuplicateSectionError, configparser.DuplicateOptionError) as error:
        return error.lineno or 1, _said(f"{getattr(error, 'option', error.section)!r} stands there twice")
    except (configparser.Error, ValueError):
        pass
    return None


def _check_xml(data: bytes) -> tuple[int, str] | None:
    from xml.parsers import expat

    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:  # entities that are declared elsewhere, or without end
        return None
    try:
        expat.ParserCreate().Parse(data, True)
    except expat.ExpatError as error:
        return error.lineno, _said(expat.ErrorString(error.code) or "")
    except (ValueError, LookupError):
        pass
    return None


def _check_python(data: bytes) -> tuple[int, str] | None:
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(data, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        said = error.msg or ""
        return (error.lineno or 1, _said(said)) if any(mark in said for mark in _IN_ALL_VERSIONS) else None
    except (ValueError, RecursionError, MemoryError, OverflowError):
        pass
    return None


def _said(text: str) -> str:
    return text[:LONGEST_SAID]


CHECKS: dict[str, Check] = {
    CONFLICT: _check_conflict,
    JSON: _check_json,
    TOML: _check_toml,
    INI: _check_ini,
    XML: _check_xml,
    PYTHON: _check_python,
}
