"""Signatures of published models by SSH keys, made and checked by ssh-keygen.

A signature is over the manifest, whose digests stand for all of a model. Who signed is never said: the
allowed-signers file knows.
"""

from __future__ import annotations

import os
import tempfile

from cigate.artifacts import Artifacts
from cigate.artifacts.bundles import read_manifest
from cigate.artifacts.index import Version
from cigate.errors import ArtifactError, ConfigError, GitError
from cigate.git import Process

NAMESPACE = "cigate-model"
MAX_SIGNATURE_BYTES = 1 << 14
DEADLINE_S = 60.0  # somebody may have to type a passphrase, or touch a key
INSTALL_HINT = "install OpenSSH 8.2 or newer"


def sign(content: bytes, key: str) -> bytes:
    """Return the signature of `content` by the SSH key in the file `key`.

    Raises:
        ArtifactError: where ssh-keygen is missing, or cannot sign with that key.
    """
    code, signature, said = _run(["-Y", "sign", "-q", "-n", NAMESPACE, "-f", key], content)
    if code or not signature:
        raise ArtifactError(
            f"ssh-keygen could not sign with {key}: {_first_line(said)}",
            "name the file of a private SSH key, or of a public one whose private part is in an agent",
        )
    return signature


def verify(content: bytes, signature: bytes, signers: str) -> None:
    """Refuse a signature that is not one of `content` by a key in the file `signers`.

    Raises:
        ArtifactError: where it is another's, another content's, or none.
        ConfigError: where `signers` cannot be read.
    """
    if not os.access(signers, os.R_OK) or not os.path.isfile(signers):
        raise ConfigError(f"signers: {signers} cannot be read", "name a file of allowed signers")
    with tempfile.NamedTemporaryFile(prefix="cigate-", suffix=".sig") as file:
        file.write(signature)
        file.flush()
        known = ["-f", signers, "-s", file.name]
        code, found, _ = _run(["-Y", "find-principals", *known], b"")
        who = found.decode(errors="surrogateescape").partition("\n")[0].partition(",")[0]
        if not code and who:
            code, _, _ = _run(["-Y", "verify", "-n", NAMESPACE, "-I", who, *known], content)
    if code or not who:
        raise ArtifactError(
            "the model is signed by nobody whose signature counts here",
            f"the keys that count stand in {signers}",
        )


def check_version(place: Artifacts, version: Version, signers: str) -> None:
    """Refuse a published model that nobody in the file `signers` has signed.

    Raises:
        ArtifactError, DamagedBundle, ConfigError: saying why.
    """
    if not version.signature:
        raise ArtifactError(
            f"the model {version.digest[:12]} in {place.shown} is not signed",
            "cigate publish --sign KEY signs; which keys count, the configuration (signers) says",
        )
    signature = place.read(version.signature, MAX_SIGNATURE_BYTES)
    verify(read_manifest(place, version.digest), signature, signers)


def _run(args: list[str], stdin: bytes) -> tuple[int, bytes, bytes]:
    env = dict(os.environ) | {"LC_ALL": "C"}
    try:
        return Process(args, stdin, env, "ssh-keygen").communicate(DEADLINE_S)
    except GitError as error:
        raise ArtifactError(str(error), INSTALL_HINT) from None


def _first_line(said: bytes) -> str:
    line = said.decode(errors="replace").strip().partition("\n")[0]
    return "".join(c for c in line if c.isprintable())[:200] or "it did not say why"
