"""Configuration: which place wins, what is refused and in which words, what it costs on a push."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cigate.config import KEYS, Config, blocks_on_error, matches, read_config, variable_of
from cigate.errors import ConfigError


def config_in(top: Path, **files: str) -> Path:
    """Write the named files; `toml`, `pyproject`, `setup`."""
    names = {"toml": ".cigate.toml", "pyproject": "pyproject.toml", "setup": "setup.cfg"}
    for short, text in files.items():
        (top / names[short]).write_text(text, encoding="utf-8")
    return top


def test_without_any_file_the_defaults_hold_and_say_so(tmp_path: Path) -> None:
    config = read_config(str(tmp_path), {})
    assert (config.mode, config.ci_mode, config.on_error) == ("warn", "block", "pass")
    assert (config.branches, config.model, config.quiet) == (("*",), "", False)
    assert (config.time_limit_s, config.workflow) == (5.0, "")
    assert config.sources == ("default",) * len(KEYS)


def test_a_bare_repository_has_no_files_to_read() -> None:
    assert read_config(None, {}) == Config()


FULL = """
mode = "block"
ci-mode = "warn"
branches = ["main", "release/*", "!release/old"]
on-error = "block"
quiet = true
time-limit = 2.5
workflow = "CI"
"""


def test_every_key_is_read_from_the_projects_own_file(tmp_path: Path) -> None:
    config = read_config(str(config_in(tmp_path, toml=FULL)), {})
    assert (config.mode, config.ci_mode, config.on_error) == ("block", "warn", "block")
    assert config.branches == ("main", "release/*", "!release/old")
    assert (config.quiet, config.time_limit_s, config.workflow) == (True, 2.5, "CI")
    assert set(config.sources) == {".cigate.toml", "default"}


def test_the_same_table_in_pyproject_means_the_same(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    own.mkdir()
    shared.mkdir()
    first = read_config(str(config_in(own, toml=FULL)), {})
    second = read_config(str(config_in(shared, pyproject="[tool.cigate]\n" + FULL)), {})
    assert second.sources[0] == "pyproject.toml [tool.cigate]"
    names = set(Config.__slots__) - {"sources"}
    assert all(getattr(first, n) == getattr(second, n) for n in names)


@pytest.mark.parametrize("section", ["cigate", "tool:cigate"])
def test_setup_cfg_takes_either_section(tmp_path: Path, section: str) -> None:
    text = f"[metadata]\nname = x\n[{section}]\nmode = block\nbranches =\n    main\n    dev/*\nquiet = yes\n"
    config = read_config(str(config_in(tmp_path, setup=text)), {})
    assert (config.mode, config.branches, config.quiet) == ("block", ("main", "dev/*"), True)
    assert config.sources[0] == f"setup.cfg [{section}]"


def test_the_first_file_that_configures_cigate_wins_whole(tmp_path: Path) -> None:
    config_in(tmp_path, setup="[cigate]\nmode = off\nquiet = true\n")
    assert read_config(str(tmp_path), {}).mode == "off"
    config_in(tmp_path, pyproject='[tool.cigate]\nmode = "block"\n')
    config = read_config(str(tmp_path), {})
    assert (config.mode, config.quiet) == ("block", False)
    config_in(tmp_path, toml="")
    assert read_config(str(tmp_path), {}).mode == "warn"


def test_variables_override_files_and_flags_override_variables(tmp_path: Path) -> None:
    config_in(tmp_path, toml='mode = "off"\n')
    env = {"CIGATE_MODE": "block", "CIGATE_BRANCHES": "main, dev/*", "CIGATE_QUIET": "1"}
    config = read_config(str(tmp_path), env)
    assert (config.mode, config.branches, config.quiet) == ("block", ("main", "dev/*"), True)
    assert config.sources[0] == "CIGATE_MODE"
    config = read_config(str(tmp_path), env, {"mode": "warn", "model": None})
    assert (config.mode, config.sources[0]) == ("warn", "--mode")


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert read_config(str(tmp_path), {"CIGATE_MODE": ""}).mode == "warn"


def test_a_model_in_a_file_is_meant_relative_to_that_file(tmp_path: Path) -> None:
    config_in(tmp_path, toml='model = "ci/model"\n')
    assert read_config(str(tmp_path), {}).model == str(tmp_path / "ci/model")
    assert read_config(str(tmp_path), {"CIGATE_MODEL": "elsewhere"}).model == "elsewhere"


@pytest.mark.parametrize(
    ("text", "said", "hint"),
    [
        ('mode = "blokc"', ".cigate.toml: mode = 'blokc' is not allowed", "warn, block, off"),
        ("mode = 1", ".cigate.toml: mode = 1 is not allowed", "warn, block, off"),
        ('on-error = "warn"', ".cigate.toml: on-error = 'warn' is not allowed", "pass, block"),
        ("quiet = 3", ".cigate.toml: quiet = 3 is not allowed", "true, false"),
        ("time-limit = 0", ".cigate.toml: time-limit = 0 is not allowed", "above 0"),
        ("time-limit = nan", ".cigate.toml: time-limit = nan is not allowed", "above 0"),
        ("time-limit = true", ".cigate.toml: time-limit = True is not allowed", "above 0"),
        ("branches = []", ".cigate.toml: branches = [] is not allowed", "release/*"),
        ('branches = ["main", 1]', "branches = ['main', 1] is not allowed", "release/*"),
        ("model = 7", ".cigate.toml: model = 7 is not allowed", "text"),
    ],
)
def test_a_bad_value_is_refused_with_its_place_and_what_is_allowed(
    tmp_path: Path, text: str, said: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_config(str(config_in(tmp_path, toml=text)), {})
    assert said in str(caught.value)
    assert hint in caught.value.hint


def test_a_bad_variable_or_flag_is_named_as_the_user_gave_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="CIGATE_TIME_LIMIT = 'soon' is not allowed"):
        read_config(str(tmp_path), {"CIGATE_TIME_LIMIT": "soon"})
    with pytest.raises(ConfigError, match="--mode = 'loud' is not allowed"):
        read_config(str(tmp_path), {}, {"mode": "loud"})


def test_an_unknown_key_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown key 'on-eror'; did you mean 'on-error'\?"):
        read_config(str(config_in(tmp_path, toml='on-eror = "block"')), {})
    with pytest.raises(ConfigError, match=r"unknown key 'colour'$"):
        read_config(str(config_in(tmp_path, toml="colour = 1")), {})


def test_underscores_in_keys_are_understood(tmp_path: Path) -> None:
    assert read_config(str(config_in(tmp_path, toml="time_limit = 1")), {}).time_limit_s == 1.0


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"toml": "mode = "}, r"\.cigate\.toml is not valid TOML"),
        ({"pyproject": "[tool.cigate\n"}, r"pyproject\.toml is not valid TOML"),
        ({"pyproject": "[tool]\ncigate = 1\n"}, r"\[tool.cigate\] is not a table"),
        ({"setup": "mode = x\n[cigate]\n"}, r"setup\.cfg is not valid INI"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_config(str(config_in(tmp_path, **files)), {})


def test_bytes_that_are_no_text_are_named_not_dumped(tmp_path: Path) -> None:
    (tmp_path / ".cigate.toml").write_bytes(b"mode = \xff\xfe\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_config(str(tmp_path), {})


def test_a_file_of_others_that_is_broken_but_never_names_cigate_is_not_our_business(
    tmp_path: Path,
) -> None:
    config_in(tmp_path, pyproject="[broken", setup="= broken")
    assert read_config(str(tmp_path), {}) == Config()


def test_strictness_survives_a_configuration_that_is_otherwise_unusable(tmp_path: Path) -> None:
    config_in(tmp_path, toml='mode = "loud"\non-error = "block"\n')
    assert blocks_on_error(str(tmp_path), {})
    assert not blocks_on_error(str(tmp_path), {"CIGATE_ON_ERROR": "pass"})
    config_in(tmp_path, toml="mode = ")
    assert not blocks_on_error(str(tmp_path), {})
    assert blocks_on_error(None, {"CIGATE_ON_ERROR": "block"})


@pytest.mark.parametrize(
    ("pattern", "name", "taken"),
    [
        ("*", "main", True),
        ("*", "feature/a/b", True),
        ("main", "main", True),
        ("main", "maint", False),
        ("release/*", "release/1.0", True),
        ("release/*", "release", False),
        ("*-wip", "a-b-wip", True),
        ("v?", "v1", True),
        ("v?", "v12", False),
        ("a*b*c", "aXbXbYc", True),
        ("a*b*c", "aXbX", False),
        ("", "", True),
        ("", "x", False),
        ("**", "", True),
    ],
)
def test_globs_take_the_whole_name(pattern: str, name: str, taken: bool) -> None:
    assert matches(pattern, name) is taken


def test_a_pattern_of_many_stars_does_not_explode() -> None:
    assert not matches("*a" * 30 + "b", "a" * 300)


def test_branches_can_be_left_out() -> None:
    config = Config(branches=("!wip/*", "!backup"))
    assert config.covers("main")
    assert not config.covers("wip/x")
    assert not config.covers("backup")
    both = Config(branches=("release/*", "!release/old"))
    assert both.covers("release/1")
    assert not both.covers("release/old")
    assert not both.covers("main")


def test_each_key_has_a_variable_of_its_name() -> None:
    assert [variable_of(k) for k in ("mode", "on-error", "time-limit")] == [
        "CIGATE_MODE",
        "CIGATE_ON_ERROR",
        "CIGATE_TIME_LIMIT",
    ]


def test_no_parser_is_imported_where_no_file_names_cigate(tmp_path: Path) -> None:
    config_in(tmp_path, pyproject='[project]\nname = "x"\n', setup="[metadata]\nname = x\n")
    code = (
        "import sys; sys.path.append(sys.argv[1]); from cigate.config import read_config;"
        "read_config(sys.argv[2], {'CIGATE_MODE': 'block'});"
        "print({'re', 'tomllib', 'configparser', 'fnmatch'} & set(sys.modules))"
    )
    root = str(Path(__file__).parents[1])
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, root, str(tmp_path)],
        check=True,
        capture_output=True,
        text=True,
    )
    assert shown.stdout.strip() == "set()"


def test_a_configuration_without_end_or_beginning_is_refused_at_once(tmp_path: Path) -> None:
    """Git checks out links: reading one to /dev/zero took all memory, a pipe would wait for ever."""
    path = tmp_path / ".cigate.toml"
    path.symlink_to("/dev/zero")
    with pytest.raises(ConfigError, match="not a regular file"):
        read_config(str(tmp_path), {})
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ConfigError, match="not a regular file"):
        read_config(str(tmp_path), {})
    path.unlink()
    path.write_bytes(b"#" * ((1 << 20) + 1))
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        read_config(str(tmp_path), {})
    path.unlink()
    path.mkdir()
    assert read_config(str(tmp_path), {}) == Config()


@pytest.mark.parametrize("value", ["[" * 100_000, "9" * 5000], ids=["nested", "long"])
def test_toml_that_breaks_its_parser_is_no_error_in_cigate(tmp_path: Path, value: str) -> None:
    config_in(tmp_path, pyproject=f"[tool.cigate]\nmode = {value}\n")
    with pytest.raises(ConfigError, match=r"pyproject\.toml"):
        read_config(str(tmp_path), {})


def test_patience_is_for_who_configured_none(tmp_path: Path) -> None:
    """A pipeline may take longer than a push, unless somebody said how long."""
    assert read_config(str(tmp_path), {}).with_patience(60).time_limit_s == 60
    configured = read_config(str(tmp_path), {"CIGATE_TIME_LIMIT": "2"})
    assert configured.with_patience(60) is configured
