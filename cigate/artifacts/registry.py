"""An OCI registry (GitHub Packages is one), through oras; the extra `oci`.

An object is a blob that a tag of its own keeps from being collected as garbage; a pointer is a tag
whose one layer is the pointer's content. Registries cannot compare and swap: a tag is looked at right
before it is moved and right after, which leaves a gap of one request. Logins are docker's.
"""

from __future__ import annotations

import inspect
import json
import logging
import tempfile
from functools import partial
from hashlib import sha256
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import requests
from oras.provider import Registry

from cigate.artifacts import Pointer
from cigate.artifacts.layout import (
    check_name,
    check_object,
    digest_of,
    is_local,
    missing_object,
    overtaken,
    too_large,
    unusable,
)
from cigate.errors import ArtifactError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
KIND = "application/vnd.cigate.model.v1"
EMPTY = b"{}"
MAX_MANIFEST_BYTES = 1 << 16
BLOCK = 1 << 16
GONE = 404
FAILS = 500  # and above
PAUSES_S = (0.1, 0.4)
PATIENCE_S = 30.0


class RegistryArtifacts:
    """Objects and pointers as blobs and tags of one repository in a registry."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.shown = url.rstrip("/")
        self._where = f"{parts.netloc}{parts.path}".rstrip("/")
        if not parts.netloc or not parts.path.strip("/") or ":" in parts.path:
            raise ArtifactError(
                "the URL for models names no repository in a registry", "for example oci://ghcr.io/OWNER/NAME"
            )
        self._host = parts.netloc
        self._insecure = is_local(parts.netloc)
        self._login = ""

    def read(self, digest: str, max_bytes: int) -> bytes:
        """Return an object's bytes; they are checked here, for registries and oras do not."""
        content = self._blob(digest, max_bytes, f"the object {digest[:12]}")
        if content is None:
            raise missing_object(digest, self.shown)
        return check_object(content, digest, self.shown)

    def write(self, content: bytes) -> str:
        """Put an object there unless it is."""
        digest = digest_of(content)
        tag = f"sha256-{digest}"
        if self._manifest(tag) is None:
            self._tag(tag, content)
        return digest

    def read_pointer(self, name: str, max_bytes: int) -> Pointer | None:
        """Return what `name` points to."""
        raw = self._manifest(check_name(name))
        if raw is None:
            return None
        digest = _layer(raw)
        if digest is None:
            raise unusable(self.shown, f"the tag {name} is not cigate's", "choose another --name")
        content = self._blob(digest, max_bytes, f"the pointer {name}")
        if content is None:
            raise missing_object(digest, self.shown)
        return Pointer(check_object(content, digest, self.shown), digest_of(raw))

    def move_pointer(self, name: str, content: bytes, tag: str) -> None:
        """Let `name` point to `content` unless somebody was faster, as far as a registry can tell."""
        self._upload(content)
        if self._tag_of(name) != tag:
            raise overtaken(name, self.shown)
        self._tag(name, content)
        if self._tag_of(name) != digest_of(_render(content)):
            raise overtaken(name, self.shown)

    def _tag_of(self, name: str) -> str:
        raw = self._manifest(check_name(name))
        return "" if raw is None else digest_of(raw)

    def _manifest(self, tag: str) -> bytes | None:
        def ask(client: Any, container: Any) -> requests.Response:
            url = f"{client.prefix}://{container.manifest_url(tag)}"
            found: requests.Response = client.do_request(
                url, "GET", headers={"Accept": MANIFEST}, stream=True
            )
            return found

        return self._fetch(ask, MAX_MANIFEST_BYTES, f"the tag {tag}")

    def _blob(self, digest: str, max_bytes: int, what: str) -> bytes | None:
        def ask(client: Any, container: Any) -> requests.Response:
            found: requests.Response = client.get_blob(container, f"sha256:{digest}", stream=True)
            return found

        return self._fetch(ask, max_bytes, what)

    def _fetch(self, ask: Any, max_bytes: int, what: str) -> bytes | None:
        content = bytearray()
        with self._answer(ask) as answer:
            if answer.status_code == GONE:
                return None
            self._check(answer)
            try:
                for block in answer.iter_content(BLOCK):
                    content += block
                    if len(content) > max_bytes:
                        raise too_large(what, self.shown, max_bytes)
            except requests.RequestException:
                raise unusable(self.shown, "its answer was cut short") from None
        return bytes(content)

    def _tag(self, tag: str, content: bytes) -> None:
        self._upload(EMPTY)
        self._upload(content)
        manifest = json.loads(_render(content))

        def ask(client: Any, container: Any) -> requests.Response:
            url = f"{client.prefix}://{container.manifest_url(tag)}"
            found: requests.Response = client.do_request(
                url, "PUT", data=_render(content), headers={"Content-Type": manifest["mediaType"]}
            )
            return found

        with self._answer(ask) as answer:
            self._check(answer)

    def _upload(self, content: bytes) -> None:
        layer = {"digest": f"sha256:{digest_of(content)}", "size": len(content)}

        def ask(client: Any, container: Any) -> requests.Response:
            with tempfile.NamedTemporaryFile(prefix="cigate-") as file:
                file.write(content)
                file.flush()
                found: requests.Response = client.put_upload(file.name, container, layer)
            return found

        with self._answer(ask) as answer:
            self._check(answer)

    def _answer(self, ask: Any) -> requests.Response:
        """Return the registry's answer, asked again where it fails: some do while a tag is being moved."""
        for pause_s in PAUSES_S:
            answer = self._ask_once(ask)
            if answer.status_code < FAILS:
                return answer
            answer.close()
            sleep(pause_s)
        return self._ask_once(ask)

    def _ask_once(self, ask: Any) -> requests.Response:
        """Return the registry's answer; each question logs in anew, for reading and writing differ."""
        logging.getLogger("oras.logger").setLevel(logging.CRITICAL)
        client = Registry(hostname=self._host, insecure=self._insecure, auth_backend=self._ask_login())
        # The library's own retries would sleep for minutes where a registry is down or refuses.
        client.do_request = partial(inspect.unwrap(Registry.do_request), client)
        container = client.get_container(self._where)
        try:
            client.auth.load_configs(container)
            answer: requests.Response = ask(client, container)
        except requests.ConnectionError:
            raise unusable(self.shown, "the registry cannot be reached") from None
        except (requests.RequestException, ValueError, AttributeError, KeyError) as error:
            raise self._refused(type(error).__name__) from None
        return answer

    def _ask_login(self) -> str:
        """Return which of oras's ways to log in the registry wants; it is asked once."""
        if not self._login:
            url = f"http{'' if self._insecure else 's'}://{self._host}/v2/"
            try:
                with requests.get(url, timeout=PATIENCE_S, stream=True) as answer:
                    wanted = answer.headers.get("Www-Authenticate", "")
            except (requests.RequestException, ValueError):
                raise unusable(self.shown, "the registry cannot be reached") from None
            self._login = "basic" if wanted.lower().startswith("basic") else "token"
        return self._login

    def _check(self, answer: requests.Response) -> None:
        if answer.status_code in (401, 403):
            raise self._refused(str(answer.status_code))
        if not answer.ok:
            raise unusable(self.shown, f"the registry answers {answer.status_code}")

    def _refused(self, how: str) -> ArtifactError:
        return unusable(
            self.shown, f"the registry refuses ({how})", f"log in: docker login {self._host}, or oras login"
        )


def _render(content: bytes) -> bytes:
    """Return the manifest of a tag whose one layer is `content`; always the same bytes."""
    plain = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": KIND,
        "config": _describe("application/vnd.oci.empty.v1+json", EMPTY),
        "layers": [_describe(KIND, content)],
    }
    return json.dumps(plain, sort_keys=True).encode()


def _describe(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)}


def _layer(manifest: bytes) -> str | None:
    """Return the SHA-256 of a manifest's one layer, None where it is not one of cigate's."""
    try:
        (layer,) = json.loads(manifest)["layers"]
        kind, digest = layer["mediaType"], layer["digest"]
    except (ValueError, KeyError, TypeError):
        return None
    return digest.removeprefix("sha256:") if kind == KIND and isinstance(digest, str) else None
