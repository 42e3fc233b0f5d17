"""Which file of a work tree configures cigate, and what stands in it.

Read on every push, so a TOML or INI parser is imported only where a file's bytes name cigate. Must
not know the keys: `config` gives them their meaning.
"""

from __future__ import annotations

import os

from cigate.errors import ConfigError

FILES = (".cigate.toml", "pyproject.toml", "setup.cfg")
INI_SECTIONS = ("cigate", "tool:cigate")


def find_section(top: str | None) -> tuple[dict[str, object], str]:
    """Return the first section about cigate among FILES and how to call it; ({}, "") without one.

    Raises:
        ConfigError: where a file names cigate and is not TOML or INI, or cannot be read.
    """
    if top is None:
        return {}, ""
    for name in FILES:
        try:
            with open(os.path.join(top, name), "rb") as file:
                data = file.read()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            continue
        except OSError as error:
            raise ConfigError(f"{name} cannot be read: {error.strerror}") from None
        found = parse_ini(data, name) if name == "setup.cfg" else parse_toml(data, name)
        if found is not None:
            return found
    return {}, ""


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
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
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
