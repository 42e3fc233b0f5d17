"""Real servers that many tests ask: each is started once for all files that a process runs.

What a test stops or fills up in one of them it must set right again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers import Bucket, OciRegistry, Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL in which each test makes databases of its own."""
    from tests.servers import run_postgres

    with run_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[Bucket]:
    """An S3 server in which each test has prefixes of its own."""
    from tests.servers import run_seaweedfs

    with run_seaweedfs() as server:
        yield server


@pytest.fixture(scope="session")
def registry() -> Iterator[OciRegistry]:
    """An OCI registry in which each test has repositories of its own."""
    from tests.servers import run_registry

    with run_registry() as server:
        yield server
