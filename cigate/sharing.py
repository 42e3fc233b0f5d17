"""What the commands that publish and pull models have in common: which place, name, folder and pin.

Must not print, and never runs in a hook.
"""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from typing import Final

from cigate.artifacts import Artifacts, open_artifacts
from cigate.artifacts.layout import check_name, digest_of, is_digest
from cigate.change import Fact
from cigate.config import Config, read_config
from cigate.errors import DamagedBundle, GitError, ModelError, NoModel, UsageError
from cigate.git import Repository
from cigate.model import has_bundle, read_bundle
from cigate.modelnames import names_of, path_of_origin
from cigate.places import model_dir, state_dir

NAME = "default"
TIMEOUT_S = 30.0
MAX_TIMEOUT_S = 3600.0
STAMP = "pulled"
UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400}


class Sharing(Fact):
    """Where models are shared (`place`, `name`), the folder of this clone's own, and what it is held to.

    Written is under `name` alone; read is what was published under the first of `names` that has any.
    `pin` is the digest of the one model that may be pulled, "" where any may.
    """

    __slots__ = ("config", "folder", "name", "names", "pin", "place", "repo")

    def __init__(
        self,
        repo: Repository | None,
        config: Config,
        place: Artifacts,
        names: tuple[str, ...],
        name: str,
        folder: str,
        pin: str,
    ) -> None:
        self.repo: Final = repo
        self.config: Final = config
        self.place: Final = place
        self.names: Final = names
        self.name: Final = name
        self.folder: Final = folder
        self.pin: Final = pin

    @property
    def source(self) -> str:
        """A short text that is another one where a model would come from elsewhere."""
        return digest_of(f"{self.place.shown}\n{' '.join(self.names)}\n{self.pin}".encode())[:16]


def add_arguments(parser: argparse.ArgumentParser, url_option: str) -> None:
    """Declare what all of them understand; `url_option` is how this one calls the place."""
    parser.add_argument(
        url_option, dest="url", metavar="URL", help="the place for models (default: `artifacts`, configured)"
    )
    parser.add_argument(
        "--name",
        metavar="NAME",
        help="which of the models kept there (default: `models`, configured, to read; default, to change)",
    )
    parser.add_argument("--model", metavar="DIR", help="the folder of the model here (default: this clone's)")
    parser.add_argument("--repo", metavar="PATH", help="the repository (default: .)")
    parser.add_argument(
        "--timeout",
        type=parse_timeout,
        default=TIMEOUT_S,
        metavar="SECONDS",
        help="give up when all of it takes longer (default: 30)",
    )


def open_sharing(args: argparse.Namespace) -> Sharing:
    """Return what the arguments and the configuration together say.

    Raises:
        UsageError: where no place is named, or a name is none.
        GitError: outside a repository, where --model does not name a folder.
    """
    repo = _find_repo(args)
    config = read_config(repo.top if repo else None, os.environ, {"model": args.model})
    url = args.url or config.artifacts
    if not url:
        raise UsageError(
            "no place for models is named",
            'give a URL, or configure one: artifacts = "s3://bucket/prefix"',
        )
    folder = config.model or (model_dir(repo) if repo else "")
    pin = config.pin or (read_pin(repo) if repo else "")
    name = check_name(args.name or NAME)
    names = (name,) if args.name else _configured_names(repo, config)
    return Sharing(repo, config, open_artifacts(url), names, name, folder, pin)


def _configured_names(repo: Repository | None, config: Config) -> tuple[str, ...]:
    names = names_of(config.models, path_of_origin(repo) if repo else "")
    if not names:
        raise UsageError(
            "the remote origin does not tell whose models are meant",
            'give --name, or end `models` with a name: models = ["{repository}", "{owner}", "default"]',
        )
    return names


def _find_repo(args: argparse.Namespace) -> Repository | None:
    try:
        return Repository.open(args.repo or ".")
    except GitError:
        if args.repo or not args.model:
            raise
        return None


def parse_timeout(text: str) -> float:
    """Return a number of seconds above 0; argparse says what is wrong with it."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_TIMEOUT_S:
        raise argparse.ArgumentTypeError(f"must be seconds above 0, at most {MAX_TIMEOUT_S:.0f}")
    return seconds


def parse_age(text: str) -> int:
    """Return the seconds in '90s', '15min', '6h' or '2d'; argparse says what is wrong with it."""
    number = text.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = text[len(number) :]
    if not number.isascii() or not number.isdigit() or len(number) > 6 or unit not in UNITS:
        raise argparse.ArgumentTypeError("must be a time such as 90s, 15min, 6h or 2d")
    return int(number) * UNITS[unit]


def local_digest(folder: str) -> str:
    """Return the digest of the model in `folder`, "" where there is none, or none that can be used."""
    from cigate.artifacts.bundles import manifest_digest

    try:
        return manifest_digest(read_bundle(folder))
    except ModelError:
        return ""


def checked_at(sharing: Sharing) -> int:
    """Return when this model was last seen to be the right one, 0 where that is not known."""
    try:
        with open(os.path.join(sharing.folder, STAMP), encoding="ascii") as file:
            at, source = file.read(200).split()
        return int(at) if source == sharing.source and has_bundle(sharing.folder) else 0
    except (OSError, ValueError):
        return 0


def note_check(sharing: Sharing, at: int) -> None:
    """Remember that the model is the right one at the time `at`; where that fails, it is asked anew."""
    with suppress(OSError), open(os.path.join(sharing.folder, STAMP), "w", encoding="ascii") as file:
        file.write(f"{at} {sharing.source}\n")


def aside_dir(folder: str) -> str:
    """Return the folder of the model that was pulled into `folder` before a training wrote its own there."""
    return f"{folder}-pulled"


def set_aside(folder: str) -> str:
    """Keep the model that was pulled into `folder`, where another is to be written; return its name.

    "" where the model there, if any, was not pulled, or cannot be used. The next pull asks the place anew.

    Raises:
        ModelError: it cannot be kept; it is then still where it was.
    """
    from cigate.model import write_bundle

    stamp = os.path.join(folder, STAMP)
    if not os.path.exists(stamp):
        return ""
    name = ""
    with suppress(NoModel, DamagedBundle):
        bundle = read_bundle(folder)
        write_bundle(aside_dir(folder), bundle)
        name = bundle.manifest.model_id
    with suppress(OSError):
        os.unlink(stamp)
    return name


def pin_path(repo: Repository) -> str:
    """Return the file of the digest that this clone is pinned to."""
    return os.path.join(state_dir(repo), "pin")


def read_pin(repo: Repository) -> str:
    """Return the digest that this clone is pinned to by `cigate models pin`, "" where it is not.

    Raises:
        ModelError: where there is a pin that cannot be read: it must not be taken for none.
    """
    path = pin_path(repo)
    try:
        with open(path, encoding="ascii") as file:
            text = file.read(100).strip()
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        text = ""
    if not is_digest(text):
        raise ModelError(f"the pin in {path} cannot be read", "set it again, or cigate models pin --off")
    return text


def write_pin(repo: Repository, digest: str) -> None:
    """Pin this clone to `digest`; "" removes the pin."""
    path = pin_path(repo)
    try:
        if not digest:
            with suppress(FileNotFoundError):
                os.unlink(path)
            return
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write(f"{digest}\n")
        os.replace(f"{path}.new", path)
    except OSError as error:
        raise ModelError(
            f"the pin {path} cannot be written: {error.strerror}", "check the folder's permissions"
        ) from None
