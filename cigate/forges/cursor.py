"""How far a backfill has come, so that the next one asks only for what is newer or had not ended.

One small file for all backfills of a repository. Losing it costs requests, never a build.
"""

from __future__ import annotations

import json
import os
from typing import Any, Final

FILE: Final = "backfill.json"
MARK: Final = "\nmark"


class Cursor:
    """The place of one backfill, named by `key`, in the file of `folder`."""

    def __init__(self, folder: str, key: str) -> None:
        self._path = os.path.join(folder, FILE)
        self._key = key
        self._kept = False

    def keep(self) -> None:
        """Let `write` change nothing: this backfill leaves a gap behind the place it starts from."""
        self._kept = True

    def read(self) -> int:
        """Return the moment (Unix seconds) from which runs are still to be asked for, 0 at first."""
        at = self._read_all().get(self._key)
        return at if isinstance(at, int) and at > 0 else 0

    def write(self, at: int) -> None:
        """Remember `at`, in one step, unless `keep` was said; other backfills' places stay.

        Raises:
            OSError: it cannot be written.
        """
        self._write(self._key, at)

    def read_mark(self) -> str:
        """Return the server's own word for how far this has come, "" where there is none."""
        mark = self._read_all().get(self._key + MARK)
        return mark if isinstance(mark, str) else ""

    def write_mark(self, mark: str) -> None:
        """Remember it, or forget it where it is "".

        Raises:
            OSError: it cannot be written.
        """
        if mark != self.read_mark():
            self._write(self._key + MARK, mark)

    def _write(self, key: str, value: int | str) -> None:
        if self._kept:
            return
        data = json.dumps(self._read_all() | {key: value}, indent=1, sort_keys=True)
        os.makedirs(os.path.dirname(self._path), exist_ok=True)
        temporary = f"{self._path}.{os.getpid()}"
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(data + "\n")
        os.replace(temporary, self._path)

    def _read_all(self) -> dict[str, Any]:
        try:
            with open(self._path, encoding="utf-8") as file:
                plain = json.load(file)
        except (OSError, ValueError):
            return {}
        return plain if isinstance(plain, dict) else {}
