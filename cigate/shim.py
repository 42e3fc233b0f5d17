"""The text of the native hook: the shipped sh template with this installation's paths filled in.

Must not write anything: `install` does.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from cigate.errors import InstallError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

HOOK_ID = b"cigate-hook-id: 5b1e94c07a2d"
TEMPLATE = "pre-push"
_PACKAGE = os.path.dirname(os.path.abspath(__file__))
_PARENT = os.path.dirname(_PACKAGE)

# What the hook's Python runs. It starts without `site`, which costs as much as a bare start: the few
# folders that it would find are written out. A failed import must not look like a refused push.
_START = """\
import sys
{importable}
try:
    from cigate.hook import native
except Exception:
    sys.exit(11)
native()
"""
_FOLDERS = "sys.path += {}"
# Where a package is not in a folder of its name (import hooks of an editable install), `site` must find it.
_SITE = "import site; site.main(); site.addsitedir(site.getusersitepackages()); sys.path.append({})"


def hook_bytes(python: str, folders: Sequence[str] | None = None) -> bytes:
    """Return the hook that starts `python` with `folders` (default: this installation's) importable.

    Raises:
        InstallError: where the template is missing or the interpreter is unknown.
    """
    if not os.path.isabs(python):
        raise InstallError("this Python does not know its own path", "run python -m cigate install")
    if folders is None:
        folders = library_folders()
    importable = _FOLDERS.format(ascii(folders)) if folders else _SITE.format(ascii(_PARENT))
    filled = read_template()
    for name, value in ((b"PYTHON", os.fsencode(python)), (b"START", _START.format(importable=importable))):
        word = quote(value if isinstance(value, bytes) else value.encode())
        filled = filled.replace(name + b"=''\n", name + b"=" + word + b"\n", 1)
    return filled


def read_template() -> bytes:
    """Return the shipped hook: from the installed package, else from the checkout beside it."""
    for folder in (os.path.join(_PACKAGE, "_hooks"), os.path.join(_PACKAGE, "..", "hooks")):
        try:
            with open(os.path.join(folder, TEMPLATE), "rb") as file:
                data = file.read()
        except OSError:
            continue
        if HOOK_ID in data:
            return data
    raise InstallError("the hook's template is missing", "install cigate again")


def library_folders() -> list[str]:
    """Return the folders that make cigate, onnxruntime and numpy importable, each once.

    None at all where that takes more than folders.
    """
    folders = [_PARENT]
    for name in ("onnxruntime", "numpy"):
        spec = find_spec(name)
        if spec is None:
            continue  # not installed: the hook will say so
        found = (spec.submodule_search_locations or [""])[0]
        if os.path.basename(found) != name:
            return []
        folders.append(os.path.dirname(os.path.abspath(found)))
    return list(dict.fromkeys(folders))


def python_of(hook: bytes) -> str:
    """Return the interpreter that a written hook starts, "" where it names none."""
    _, _, rest = hook.partition(b"\nPYTHON='")
    return os.fsdecode(rest.partition(b"'\n")[0].replace(b"'\\''", b"'"))


def quote(value: bytes) -> bytes:
    """Return `value` as one word of sh."""
    return b"'" + value.replace(b"'", b"'\\''") + b"'"
