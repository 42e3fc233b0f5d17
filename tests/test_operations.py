"""What docs/operations.md tells people to type works, on real servers, in that order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from cigate.artifacts import open_artifacts
from cigate.artifacts.bundles import publish, read_index, read_objects
from cigate.cli import main
from cigate.errors import ArtifactError, StoreError
from cigate.model import write_bundle
from cigate.stores import open_store, schema
from tests.artifacts.models import model
from tests.judged import ROOT, pooled_bundle
from tests.repo import Repo, clean_environment
from tests.servers import PASSWORD, Bucket, Postgres, find_program
from tests.stores.samples import record
from tests.train_data import make_records

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SETUP, MODELS = PAGE.split("\n## One model for a whole team\n")
URL = "postgresql://cigate@db.example/cigate"
OWNER = "team_owner"
ROLES = ("cigate_recorder", "cigate_trainer")
FORBIDDEN = (
    "DELETE FROM builds",
    "UPDATE changes SET content = ''",
    "DROP TABLE builds",
    "INSERT INTO meta VALUES ('x', 'y')",
    "CREATE TABLE mine (x int)",
)


def lines(text: str) -> list[str]:
    """Return each command, in order: indented ones, and what cron would run."""
    page = re.sub(r"^```yaml\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    commands = re.findall(r"^ {4}(\S.*)$|^[\d*]+ \S+ \S+ \S+ \S+ cd \S+ && (.*)$", page, re.MULTILINE)
    return [typed or by_cron for typed, by_cron in commands]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


class Shell:
    """A shell in which `cigate` is this checkout's, and PostgreSQL's programs are found."""

    def __init__(self, folder: Path, cwd: Path, more: dict[str, str]) -> None:
        scripts = folder / "bin"
        scripts.mkdir()
        (scripts / "cigate").write_text(f'#!/bin/sh\nexec {sys.executable} -m cigate "$@"\n')
        (scripts / "cigate").chmod(0o755)
        path = os.pathsep.join([str(scripts), *_folders_of("pg_dump", "pg_restore"), os.environ["PATH"]])
        self._environment = clean_environment() | more | {"HOME": str(folder)}
        self._environment |= {"PYTHONPATH": str(ROOT), "PATH": path}
        self._cwd = cwd

    def run(self, line: str) -> str:
        ran = subprocess.run(
            line,
            shell=True,
            cwd=self._cwd,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, (line, ran.stderr)
        return ran.stdout


def _folders_of(*programs: str) -> set[str]:
    found = (find_program(program, "/usr/lib/postgresql/*/bin") for program in programs)
    return {str(Path(os.path.realpath(path)).parent) for path in found if path}


@pytest.mark.slow
def test_the_commands_for_models_work(seaweedfs: Bucket, tmp_path: Path) -> None:
    """A model to go back to and an organisation's are published first; the project has builds."""
    if find_program("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed: apt-get install openssh-client")
    repo = Repo(tmp_path / "project")
    assert main(["generate", "--builds=80", f"--repo={repo.path}", f"{tmp_path}/builds.csv"]) == 0
    first, names, later = blocks(MODELS, "toml")
    first = first.replace("s3://bucket/cigate", seaweedfs.create())
    (repo.path / ".cigate.toml").write_text(first)
    shell = Shell(tmp_path, repo.path, seaweedfs.environment)

    shell.run(f"cigate import csv {tmp_path}/builds.csv")
    here = repo.path / ".git" / "cigate" / "model"
    write_bundle(str(here), model("first"))
    shell.run("cigate publish")
    write_bundle(str(here), pooled_bundle())
    shell.run("cigate publish --name acme")
    write_bundle(str(here), model("second"))
    places = {"/tmp/acme": str(tmp_path / "acme"), "s3://ci/mined": seaweedfs.create()}
    mined = "".join(f"acme/project{n}\t{repo.path}\n" for n in range(5))  # one stands for five
    (tmp_path / "repositories").write_text(mined)
    shell.run(f"cigate mine --repos {tmp_path}/repositories --out {places['s3://ci/mined']}")
    said: dict[str, str] = {}
    for line in lines(MODELS):
        if line == "cigate models show":
            shell.run("cigate pull")  # in place of the model that the lines before have trained
        for named, here_it_is in places.items():
            line = line.replace(named, here_it_is)
        said[line] = shell.run(line)
    assert len(said) >= 12
    assert said["cigate models list"].count("\n") == 2
    assert "published: second" in said["cigate publish"]
    assert "latest now: first" in said["cigate models rollback"]
    repo.git("remote", "add", "origin", "https://git.example/team/project.git")
    (repo.path / ".cigate.toml").write_text(first + names + later)
    assert "signature   good" in shell.run("cigate models show")
    assert "up to date" in shell.run("cigate pull")


@pytest.mark.slow
def test_the_nightly_job_of_the_page_runs(postgres: Postgres, seaweedfs: Bucket, tmp_path: Path) -> None:
    """Both commands, and the line for cron with the file of variables that it reads."""
    store, place = postgres.create(), seaweedfs.create()
    open_store(store).append(make_records(80))
    shell = Shell(tmp_path, tmp_path, seaweedfs.environment)
    plain, forced = (line.replace(URL, store) for line in blocks(MODELS, "sh"))
    assert "published: " in shell.run(plain.replace("s3://bucket/cigate", place))
    assert "already the latest" in shell.run(forced.replace("s3://bucket/cigate", place))
    (by_cron,) = re.findall(r"^23 3 \* \* \* (.*)$", MODELS, re.MULTILINE)
    given = f"export CIGATE_STORE='{store}'\nexport CIGATE_ARTIFACTS='{place}'\n"
    (tmp_path / ".cigate-env").write_text(given)
    assert shell.run(by_cron) == ""
    assert "already the latest" in (tmp_path / "retrain.log").read_text("utf-8")
    (tmp_path / ".cigate-env").write_text(given.replace("postgresql", "nosuch"))
    assert shell.run(by_cron).startswith("retrain: 3\n")


def test_the_roles_of_the_page_may_do_what_they_must_and_no_more(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every block of the setup, as superuser and as owner; then as each role, also after an upgrade."""
    roles, rights, revoked, watched = blocks(SETUP, "sql")
    url = make_database(postgres, roles)
    execute(url, rights)
    compact, dump, restore = (line.replace(URL, url) for line in lines(SETUP) if URL in line)
    shell = Shell(tmp_path, tmp_path, {})
    assert "tables     of version" in shell.run(compact)
    execute(url, revoked)
    as_recorder, as_trainer = (url.replace(OWNER, role) for role in ROLES)

    assert open_store(as_recorder).append([record(1), record(2)]) == 2
    assert open_store(as_recorder).append([record(1)]) == 0
    assert open_store(as_recorder).read_commit(record(1).change.head) == [record(1)]
    assert list(open_store(as_trainer).read()) == [record(1), record(2)]
    assert_denied(lambda: open_store(as_trainer).append([record(3)]))
    for role in (as_recorder, as_trainer):
        assert_denied(lambda role=role: open_store(role).forget_author(record(1).change.author))  # type: ignore[misc]
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                execute(role, statement)

    shell.run(dump)
    execute(url, "DELETE FROM builds")
    shell.run(restore)
    now = int(time.time())
    assert open_store(as_recorder).append([record(3, finished_at=now)]) == 1
    assert len(list(open_store(as_trainer).read())) == 3
    with psycopg.connect(as_trainer) as connection:
        assert [row[:2] for row in connection.execute(watched.encode()).fetchall()] == [("", 1)]

    monkeypatch.setattr(schema, "STEPS", (*schema.STEPS, add_table))
    assert_denied(lambda: open_store(as_recorder).append([record(4)]))
    assert main(["compact", "--store", url]) == 0
    assert open_store(as_recorder).append([record(4)]) == 1
    execute(as_recorder, "INSERT INTO later VALUES (1)")
    execute(as_trainer, "SELECT * FROM later")


def add_table(connection: sa.Connection) -> None:
    """Stand for what a version to come does to the tables."""
    connection.execute(sa.text("CREATE TABLE later (x int)"))


def make_database(postgres: Postgres, roles: str) -> str:
    """Run the superuser's block under a free name for the owner; return the owner's URL."""
    roles = roles.replace("ROLE cigate LOGIN", f"ROLE {OWNER} LOGIN").replace(
        "OWNER cigate", f"OWNER {OWNER}"
    )
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        for statement in filter(str.strip, roles.split(";")):
            connection.execute(statement.encode())
        for role in (OWNER, *ROLES):
            connection.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'".encode())
    return postgres.url("cigate", OWNER)


def execute(url: str, statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statements.encode())


def assert_denied(work: Callable[[], object]) -> None:
    with pytest.raises(StoreError, match=r"permission denied|must be owner"):
        work()


def test_a_login_that_may_only_read_pulls_and_cannot_write(
    seaweedfs: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a laptop is given: models and builds are there, and nothing can be added."""
    place, builds = seaweedfs.create(), seaweedfs.create()
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    publish(open_artifacts(place), "default", model("first"), 1)
    open_store(builds).append([record(1)])
    for name, value in seaweedfs.reader.items():
        monkeypatch.setenv(name, value)
    index, _ = read_index(open_artifacts(place), "default")
    assert read_objects(open_artifacts(place), index.latest).manifest.model_id == "first"
    assert list(open_store(builds).read()) == [record(1)]
    with pytest.raises(ArtifactError, match="refuses these credentials"):
        publish(open_artifacts(place), "default", model("second"), 2)
    with pytest.raises(StoreError, match="refuses these credentials"):
        open_store(builds).append([record(2)])
