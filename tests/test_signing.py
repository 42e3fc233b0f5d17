"""Signatures of models, by real SSH keys: what is good, and all that is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import known_index, manifest_digest, publish
from cigate.artifacts.index import Version, render_index
from cigate.cli import main
from cigate.errors import ArtifactError, ConfigError
from cigate.model import read_bundle, render_manifest, write_bundle
from cigate.signing import check_version, sign, verify
from tests.artifacts.models import model
from tests.repo import Repo
from tests.servers import find_program


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A folder with the keys `ours` and `theirs` and a file of signers that has only the first."""
    if find_program("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed: apt-get install openssh-client")
    for name in ("ours", "theirs"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", tmp_path / name], check=True
        )
    public = (tmp_path / "ours.pub").read_text()
    (tmp_path / "signers").write_text(f'nobody@example.invalid namespaces="cigate-model" {public}')
    return tmp_path


def test_a_good_signature_holds_for_its_content_only(keys: Path) -> None:
    signature = sign(b"content", str(keys / "ours"))
    verify(b"content", signature, str(keys / "signers"))
    with pytest.raises(ArtifactError, match="signed by nobody") as caught:
        verify(b"another", signature, str(keys / "signers"))
    assert "example.invalid" not in str(caught.value) + caught.value.hint


@pytest.mark.parametrize("signature", [b"", b"junk", b"-----BEGIN SSH SIGNATURE-----\n"])
def test_what_is_no_signature_is_refused(keys: Path, signature: bytes) -> None:
    with pytest.raises(ArtifactError, match="signed by nobody"):
        verify(b"content", signature, str(keys / "signers"))


def test_another_key_or_purpose_is_refused(keys: Path) -> None:
    with pytest.raises(ArtifactError, match="signed by nobody"):
        verify(b"content", sign(b"content", str(keys / "theirs")), str(keys / "signers"))
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "git", "-f", str(keys / "ours")]
    other = subprocess.run(command, input=b"content", capture_output=True, check=True).stdout
    with pytest.raises(ArtifactError, match="signed by nobody"):
        verify(b"content", other, str(keys / "signers"))


def test_what_cannot_sign_or_be_read_is_said(keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="could not sign"):
        sign(b"content", str(keys / "nowhere"))
    with pytest.raises(ConfigError, match="cannot be read"):
        verify(b"content", b"", str(keys / "nowhere"))
    monkeypatch.setenv("PATH", str(keys))
    with pytest.raises(ArtifactError, match="ssh-keygen was not found") as caught:
        sign(b"content", str(keys / "ours"))
    assert "OpenSSH" in caught.value.hint


def test_a_signature_moved_to_another_model_is_refused(keys: Path) -> None:
    place = open_artifacts(str(keys / "models"))
    good, bad = model("good"), model("bad")
    publish(place, "default", good, 1, sign(render_manifest(good.manifest), str(keys / "ours")))
    index, tag = known_index(place, "default")
    check_version(place, index.versions[0], str(keys / "signers"))
    publish(place, "other", bad, 2)
    forged = Version(manifest_digest(bad), "bad", 1, 2, index.versions[0].signature)
    place.move_pointer("default", render_index(index.publish(forged)), tag)
    index, _ = known_index(place, "default")
    with pytest.raises(ArtifactError, match="signed by nobody"):
        check_version(place, index.find(forged.digest), str(keys / "signers"))


def test_with_signers_configured_nothing_unsigned_is_pulled(
    keys: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clone that asks for no signatures publishes what the others then refuse."""
    repo = Repo.init(keys / "work")
    here = str(repo.path / ".git" / "cigate" / "model")
    (repo.path / ".cigate.toml").write_text('artifacts = "../models"\nsigners = "../signers"\n')
    monkeypatch.chdir(repo.path)

    def run(*words: str) -> tuple[int, str]:
        code = main(words)
        return code, "".join(capsys.readouterr())

    write_bundle(here, model("one"))
    assert run("publish")[0] == 2
    code, said = run("publish", "--sign", str(keys / "theirs"))
    assert (code, "signed by nobody" in said) == (3, True)
    assert run("publish", "--sign", str(keys / "ours"))[0] == 0
    assert "signature   good" in run("models", "show")[1]
    write_bundle(here, model("two"))
    monkeypatch.setenv("CIGATE_SIGNERS", "")
    (repo.path / ".cigate.toml").write_text('artifacts = "../models"\n')
    assert run("publish")[0] == 0
    assert "signature   none" in run("models", "show")[1]
    write_bundle(here, model("one"))
    monkeypatch.setenv("CIGATE_SIGNERS", str(keys / "signers"))
    code, said = run("pull")
    assert (code, "is not signed" in said) == (3, True)
    assert read_bundle(here).manifest.model_id == "one"
    assert run("models", "rollback")[0] == 0
    assert run("pull")[0] == 0
