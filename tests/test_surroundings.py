"""What a work tree says of its CI and its tests, from the files that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from cigate.surroundings import CIS, find_pipelines, find_test_command


def write(top: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)


@pytest.mark.parametrize("name", CIS)
def test_each_ci_is_known_by_its_file(tmp_path: Path, name: str) -> None:
    """A folder counts where it has a YAML file, whatever else is in it."""
    place = CIS[name][0]
    file = f"{place}ci.yml" if place.endswith("/") else place
    write(tmp_path, {file: "", **({f"{place}notes.txt": ""} if place.endswith("/") else {})})
    (found,) = find_pipelines(str(tmp_path))
    assert (found.name, found.files) == (name, (file,))


def test_several_cis_are_found_in_their_order(tmp_path: Path) -> None:
    write(tmp_path, {"Jenkinsfile": "", ".gitlab-ci.yml": "", ".github/workflows/b.yaml": ""})
    write(tmp_path, {".github/workflows/a.yml": ""})
    found = find_pipelines(str(tmp_path))
    assert [one.name for one in found] == ["GitHub Actions", "GitLab CI", "Jenkins"]
    assert found[0].files == (".github/workflows/a.yml", ".github/workflows/b.yaml")


def test_an_empty_folder_is_no_ci(tmp_path: Path) -> None:
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    assert find_pipelines(str(tmp_path)) == []


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"Makefile": "all:\n\ntest: all\n\tpytest\n"}, "make test"),
        ({"Makefile": "test := a\ncheck:\n\ttrue\n"}, "make check"),
        ({"Makefile": ".PHONY: all\n", "pyproject.toml": "[tool.pytest.ini_options]\n"}, "python -m pytest"),
        ({"package.json": '{"scripts": {"test": "vitest"}}'}, "npm test"),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, ""),
        ({"package.json": "[]"}, ""),
        ({"package.json": "{"}, ""),
        ({"tox.ini": "[tox]\n", "setup.cfg": "[tool:pytest]\n"}, "tox"),
        ({"tests/conftest.py": ""}, "python -m pytest"),
        ({"Cargo.toml": '[package]\nname = "a"\n'}, "cargo test"),
        ({"go.mod": "module example.invalid/a\n"}, "go test ./..."),
        ({"gradlew": ""}, "./gradlew test"),
        ({"justfile": "build:\n  x\ntest arg='':\n  y\n"}, "just test"),
        ({"README.md": "test: nothing\n"}, ""),
    ],
)
def test_the_tests_are_run_as_the_project_says(tmp_path: Path, files: dict[str, str], command: str) -> None:
    write(tmp_path, files)
    assert find_test_command(str(tmp_path)) == command


def test_a_file_that_is_no_text_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "justfile").mkdir()
    assert find_test_command(str(tmp_path)) == ""
