"""What holds for a commit that is judged: the configuration of its base, never its own.

Else a pull request could switch off the gate that it has to pass. Files come from git's objects, not from
the work tree. Must not know which commit is the base: the caller does.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from cigate.config import Config, blocks_on_error, read_config
from cigate.git import Repository
from cigate.model.bundle import MANIFEST, PARTS

MOST_BYTES = 1 << 20  # of a configuration file


class Base:
    """One commit, as the place from which configuration is read."""

    def __init__(self, repo: Repository, rev: str) -> None:
        self._repo = repo
        self.rev = rev

    def read(self, name: str, most_bytes: int = MOST_BYTES) -> bytes | None:
        """Return the content of a file of the commit, None where it has none, or none so small."""
        if not self.rev or "\n" in name or "\0" in name:
            return None
        asked = os.fsencode(f"{self.rev}:{name}\n")
        _, _, size = _header(self._repo.run(["cat-file", "--batch-check"], asked))
        if size is None or size > most_bytes:
            return None
        answer = self._repo.run(["cat-file", "--batch"], asked)
        return answer.partition(b"\n")[2][:size]

    def config(self, env: Mapping[str, str], flags: Mapping[str, object]) -> Config:
        """Return the configuration of the commit, with the variables and flags of the caller above it."""
        return read_config(self._repo.top, env, flags, self.read)

    def blocks_on_error(self, env: Mapping[str, str]) -> bool:
        """Return whether the commit says that what cannot be judged must not go on."""
        return blocks_on_error(self._repo.top, env, self.read)

    @contextmanager
    def model(self, config: Config) -> Iterator[Config]:
        """Give `config` with the model that the commit itself holds, where it names one in the repository."""
        top = self._repo.top
        inside = os.path.relpath(config.model, top) if config.model and top else ".."
        parts = {} if inside.startswith("..") else self._bundle(inside)
        if not parts:
            yield config
            return
        with TemporaryDirectory(prefix="cigate-model-") as folder:
            for name, content in parts.items():
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(content)
            yield config.with_model(folder)

    def _bundle(self, folder: str) -> dict[str, bytes]:
        sizes = {MANIFEST: MOST_BYTES, **{name: most for name, (_, _, most) in PARTS.items()}}
        found = {name: self.read(f"{folder}/{name}", most) for name, most in sizes.items()}
        return {name: content for name, content in found.items() if content is not None}


def _header(answer: bytes) -> tuple[str, str, int | None]:
    """Return (id, kind, size) of what `cat-file --batch-check` answered; no size for what is no file."""
    fields = os.fsdecode(answer).split()
    if len(fields) == 3 and fields[1] == "blob" and fields[2].isdecimal():
        return fields[0], fields[1], int(fields[2])
    return "", "", None
