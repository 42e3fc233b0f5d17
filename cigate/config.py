"""What the user configured: defaults, then one file, then CIGATE_* variables, then flags.

Must not guess: a value or a key that makes no sense is an error that names its place, the value and
what is allowed.
"""

from __future__ import annotations

import os

from cigate.change import Fact
from cigate.configfiles import find_section
from cigate.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Final

    from cigate.configfiles import Reader

MAX_TIME_LIMIT_S = 600.0
_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")


class Config(Fact):
    """Every setting, and `sources`: for each key (in the order of KEYS) where its value came from."""

    __slots__ = (
        "artifacts",
        "author",
        "block_precision",
        "branches",
        "ci_mode",
        "hard_signals",
        "mode",
        "model",
        "models",
        "on_error",
        "pin",
        "quiet",
        "signers",
        "sources",
        "time_limit_s",
        "workflow",
    )
    mode: Final[str]
    ci_mode: Final[str]
    branches: Final[tuple[str, ...]]
    on_error: Final[str]
    model: Final[str]
    quiet: Final[bool]
    time_limit_s: Final[float]
    workflow: Final[str]
    artifacts: Final[str]
    models: Final[tuple[str, ...]]
    pin: Final[str]
    author: Final[str]
    signers: Final[str]
    block_precision: Final[float]
    hard_signals: Final[str]
    sources: Final[tuple[str, ...]]

    def __init__(
        self,
        mode: str = "warn",
        ci_mode: str = "block",
        branches: tuple[str, ...] = ("*",),
        on_error: str = "pass",
        model: str = "",
        quiet: bool = False,
        time_limit_s: float = 5.0,
        workflow: str = "",
        artifacts: str = "",
        models: tuple[str, ...] = ("default",),
        pin: str = "",
        author: str = "pseudonym",
        signers: str = "",
        block_precision: float = 0.8,
        hard_signals: str = "warn",
        sources: tuple[str, ...] = (),
    ) -> None:
        self.mode = mode
        self.ci_mode = ci_mode
        self.branches = branches
        self.on_error = on_error
        self.model = model
        self.quiet = quiet
        self.time_limit_s = time_limit_s
        self.workflow = workflow
        self.artifacts = artifacts
        self.models = models
        self.pin = pin
        self.author = author
        self.signers = signers
        self.block_precision = block_precision
        self.hard_signals = hard_signals
        self.sources = sources or ("default",) * len(KEYS)

    def with_model(self, folder: str) -> Config:
        """Return the same configuration with the model in another folder."""
        return Config(**{**{name: getattr(self, name) for name in self.__slots__}, "model": folder})

    def with_patience(self, least_s: float) -> Config:
        """Return the same configuration with `least_s` as the time limit, unless one was configured."""
        if self.sources[list(KEYS).index("time-limit")] != "default":
            return self
        return Config(**{**{name: getattr(self, name) for name in self.__slots__}, "time_limit_s": least_s})

    @property
    def no_authors(self) -> bool:
        """Return whether authors are neither kept nor looked at."""
        return self.author == "off"

    def covers(self, branch: str) -> bool:
        """Return whether pushes to `branch` are judged: some pattern takes it, no `!pattern` does."""
        wanted = [p for p in self.branches if not p.startswith("!")] or ["*"]
        unwanted = [p[1:] for p in self.branches if p.startswith("!")]
        return any(matches(p, branch) for p in wanted) and not any(matches(p, branch) for p in unwanted)


def matches(pattern: str, name: str) -> bool:
    """Return whether the glob takes the whole name; `*` is any characters, `/` included, `?` is one.

    Written out because fnmatch imports re, which costs half an interpreter start.
    """
    if pattern == "*":
        return True
    p = n = 0
    star, tried = -1, 0
    while n < len(name):
        if p < len(pattern) and pattern[p] == "*":
            star, tried = p, n
            p += 1
        elif p < len(pattern) and pattern[p] in ("?", name[n]):
            p += 1
            n += 1
        elif star >= 0:
            tried += 1
            p, n = star + 1, tried
        else:
            return False
    return pattern[p:].strip("*") == ""


def _choice(*allowed: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if isinstance(value, str) and value.strip() in allowed:
            return value.strip()
        raise ValueError(", ".join(allowed))

    return parse


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _TRUE + _FALSE:
        return word in _TRUE
    raise ValueError("true, false")


def _seconds(value: object) -> float:
    allowed = f"a number of seconds above 0, at most {MAX_TIME_LIMIT_S:.0f}"
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(allowed)
    try:
        seconds = float(value)
    except ValueError:
        raise ValueError(allowed) from None
    if not 0.0 < seconds <= MAX_TIME_LIMIT_S:
        raise ValueError(allowed)
    return seconds


def _share(value: object) -> float:
    allowed = "a share above 0, at most 1, such as 0.8"
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(allowed)
    try:
        share = float(value)
    except ValueError:
        raise ValueError(allowed) from None
    if not 0.0 < share <= 1.0:
        raise ValueError(allowed)
    return share


def _patterns(value: object) -> tuple[str, ...]:
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(words, (list, tuple)) and words:
        patterns = tuple(w.strip() for w in words if isinstance(w, str) and w.strip(" !"))
        if len(patterns) == len(words):
            return patterns
    raise ValueError('a list of branch names or globs, such as ["main", "release/*", "!wip/*"]')


def _names(value: object) -> tuple[str, ...]:
    words = value.replace(",", " ").split() if isinstance(value, str) else value
    if isinstance(words, (list, tuple)) and words:
        names = tuple(w.strip() for w in words if isinstance(w, str) and w.strip())
        if len(names) == len(words):
            return names
    raise ValueError('a list of names of models, such as ["{repository}", "{owner}", "default"]')


def _text(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    raise ValueError("a text in quotation marks")


def _digest(value: object) -> str:
    word = value.strip() if isinstance(value, str) else "?"
    if word and (len(word) != 64 or word.strip("0123456789abcdef")):
        raise ValueError("the 64 digits that `cigate models show` calls the digest")
    return word


# Each key and what reads its value; the order is that of the documentation and of `cigate doctor`.
KEYS: dict[str, Callable[[object], object]] = {
    "mode": _choice("warn", "block", "off"),
    "ci-mode": _choice("warn", "block"),
    "branches": _patterns,
    "on-error": _choice("pass", "block"),
    "model": _text,
    "quiet": _flag,
    "time-limit": _seconds,
    "workflow": _text,
    "artifacts": _text,
    "models": _names,
    "pin": _digest,
    "author": _choice("pseudonym", "off"),
    "signers": _text,
    "block-precision": _share,
    "hard-signals": _choice("warn", "block", "off"),
}
# Those that may name a folder or a file: relative to the configuration's own place.
PATHS = ("model", "artifacts", "signers")


def read_config(
    top: str | None,
    env: Mapping[str, str],
    flags: Mapping[str, object] | None = None,
    read: Reader | None = None,
) -> Config:
    """Return the configuration that holds in the work tree `top` (None where there is none).

    `read` gives the content of a configuration file, None for one that is not there (default: from `top`).
    `flags` maps keys to values, None where a flag was not given. A path from a file is relative to
    that file.

    Raises:
        ConfigError: for a file that cannot be read as what it is, a key that does not exist, or a
            value that is not allowed.
    """
    values: dict[str, tuple[object, str]] = {}
    section, where = find_section(top, read)
    for key, value in section.items():
        values[_known(key, where)] = (value, where)
    for key in PATHS if top is not None else ():
        path = values.get(key, ("", ""))[0]
        if isinstance(path, str) and path and "://" not in path:
            values[key] = (os.path.join(str(top), os.path.expanduser(path)), where)
    for key in KEYS:
        name = variable_of(key)
        if env.get(name):
            values[key] = (env[name], name)
    for key, value in (flags or {}).items():
        if value is not None:
            values[key] = (value, f"--{key}")
    return _build(values)


def variable_of(key: str) -> str:
    """Return the name of the environment variable that sets `key`."""
    return "CIGATE_" + key.upper().replace("-", "_")


def blocks_on_error(top: str | None, env: Mapping[str, str], read: Reader | None = None) -> bool:
    """Return whether `on-error` is "block", also where the rest of the configuration is unusable."""
    if word := env.get(variable_of("on-error")):
        return word.strip() == "block"
    try:
        section, _ = find_section(top, read)
    except ConfigError:
        return False
    return "block" in (section.get("on-error"), section.get("on_error"))


def _known(key: str, where: str) -> str:
    name = key.replace("_", "-")
    if name in KEYS:
        return name
    import difflib

    close = difflib.get_close_matches(name, KEYS, n=1)
    meant = f"; did you mean '{close[0]}'?" if close else ""
    raise ConfigError(f"{where}: unknown key {key!r}{meant}", f"the keys are {', '.join(KEYS)}")


def _build(values: dict[str, tuple[object, str]]) -> Config:
    made: dict[str, Any] = {}
    for key, (value, where) in values.items():
        try:
            made[key.replace("-", "_")] = KEYS[key](value)
        except ValueError as error:
            named = where if where.startswith(("CIGATE_", "--")) else f"{where}: {key}"
            raise ConfigError(f"{named} = {value!r} is not allowed", f"allowed: {error}") from None
    if "time_limit" in made:
        made["time_limit_s"] = made.pop("time_limit")
    sources = tuple(values[key][1] if key in values else "default" for key in KEYS)
    return Config(**made, sources=sources)
