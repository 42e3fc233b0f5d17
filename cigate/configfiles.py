"""Which file of a work tree configures cigate, and what stands in it.

Read on every push, so a TOML or INI parser is imported only where a file's bytes name cigate. Must
not know the keys: `config` gives them their meaning.
"""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from cigate.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Reader = Callable[[str], bytes | None]

FILES = (".cigate.toml", "pyproject.toml", "setup.cfg")
MAX_BYTES = 1 << 20
INI_SECTIONS = ("cigate", "tool:cigate")


def find_section(top: str | None, read: Reader | None = None) -> tuple[dict[str, object], str]:
    """Return the first section about cigate among FILES and how to call it; ({}, "") without one.

    `read` gives a file's content by its name, None where there is none (default: the files in `top`).

    Raises:
        ConfigError: where a file names cigate and is not TOML or INI, or cannot be read.
    """
    if top is None:
        return {}, ""
    for name in FILES:
        data = read(name) if read else _read(os.path.join(top, name), name)
        if data is None:
            continue
        found = parse_ini(data, name) if name == "setup.cfg" else parse_toml(data, name)
        if found is not None:
            return found
    return {}, ""


def _read(path: str, name: str) -> bytes | None:
    """Return a file's bytes, None where there is none.

    Anybody may have committed it: a link to /dev/zero has no end, and a pipe never begins.
    """
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}") from None
    try:
        facts = os.fstat(file)
        if S_ISDIR(facts.st_mode):
            return None
        if not S_ISREG(facts.st_mode):
            raise ConfigError(f"{name} is not a regular file")
        if facts.st_size > MAX_BYTES:
            raise ConfigError(f"{name} is larger than {MAX_BYTES >> 20} MiB")
        return os.read(file, MAX_BYTES)
    except OSError as error:
        raise ConfigError(f"{name} cannot be read: {error.strerror}") from None
    finally:
        os.close(file)


def parse_toml(data: bytes, name: str) -> tuple[dict[str, object], str] | None:
    """Return the settings in a TOML file's bytes and their place, None where it has none.

    All of a `.cigate.toml` is settings; of other files `[tool.cigate]`.
    """
    own = name == FILES[0]
    if not own and b"cigate" not in data:
        return None
    import tomllib

    try:
        whole: dict[str, object] = tomllib.loads(data.decode("utf-8-sig"))
    except RecursionError:
        raise ConfigError(f"{name} is nested too deeply") from None
    except ValueError as error:  # also for bytes that are no UTF-8 and numbers of thousands of digits
        raise ConfigError(f"{name} is not valid TOML: {error}") from None
    if own:
        return whole, name
    tool = whole.get("tool")
    if not isinstance(tool, dict) or "cigate" not in tool:
        return None
    where = f"{name} [tool.cigate]"
    if not isinstance(tool["cigate"], dict):
        raise ConfigError(f"{where} is not a table of settings")
    return tool["cigate"], where


def parse_ini(data: bytes, name: str) -> tuple[dict[str, object], str] | None:
    """Return the settings in an INI file's bytes and their place, None where it has none."""
    if not any(b"[%b]" % section.encode() in data for section in INI_SECTIONS):
        return None
    import configparser

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, configparser.Error) as error:
        said = str(error).splitlines()[0]
        raise ConfigError(f"{name} is not valid INI: {said}") from None
    for section in INI_SECTIONS:
        if parser.has_section(section):
            return dict(parser.items(section)), f"{name} [{section}]"
    return None
