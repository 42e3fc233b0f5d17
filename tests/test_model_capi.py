"""What must hold for the C API: right functions, nothing leaked, and a way out when it is not as known."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from array import array
from ctypes import c_int
from pathlib import Path

import pytest

from cigate.model import library, write_bundle
from cigate.model.capi import LOG_FATAL, CapiEngine
from cigate.model.library import Api, CapiUnavailable, check_version, find_library
from tests.forests import Forest, fit_forest, make_bundle, numbered_features, to_rows

ROOT = Path(__file__).resolve().parent.parent
FILE = "libonnxruntime.so.1.99.0"


def real() -> str:
    return find_library(sys.path)


def installed(folder: Path, *names: str) -> str:
    capi = folder / "onnxruntime" / "capi"
    capi.mkdir(parents=True)
    for name in names:
        (capi / name).write_bytes(b"no library")
    return str(capi)


@pytest.mark.parametrize("name", [FILE, "libonnxruntime.1.23.0.dylib", "onnxruntime.dll"])
def test_the_library_is_found_on_every_system(tmp_path: Path, name: str) -> None:
    folder = installed(
        tmp_path, name, "libonnxruntime_providers_shared.so", "onnxruntime_pybind11_state.so", "_x.py"
    )
    assert find_library(["/nowhere", str(tmp_path)]) == os.path.join(folder, name)


@pytest.mark.parametrize("names", [(), (FILE, "libonnxruntime.so.1.20.0")])
def test_no_library_or_two_of_them_are_not_guessed_at(tmp_path: Path, names: tuple[str, ...]) -> None:
    installed(tmp_path, *names)
    with pytest.raises(CapiUnavailable, match=f"^{len(names)} onnxruntime libraries"):
        find_library([str(tmp_path), *sys.path])


def test_the_repository_a_hook_stands_in_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, FILE)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CapiUnavailable, match="not found"):
        find_library(["", "."])


def test_a_file_that_is_no_library_does_not_load(tmp_path: Path) -> None:
    installed(tmp_path, FILE)
    with pytest.raises(CapiUnavailable, match="does not load"):
        Api(find_library([str(tmp_path)]))


def test_another_library_of_that_name_does_not_load(tmp_path: Path) -> None:
    folder = installed(tmp_path)
    import _ctypes

    shutil.copy(_ctypes.__file__, os.path.join(folder, FILE))
    with pytest.raises(CapiUnavailable, match="does not load"):
        Api(find_library([str(tmp_path)]))


@pytest.mark.parametrize("version", [b"1.19.0", b"1.19.2", b"1.32.0", b"1.100.0-rc1"])
def test_known_versions_are_accepted(version: bytes) -> None:
    check_version(version)


@pytest.mark.parametrize("version", [b"1.18.1", b"1.9.0", b"0.99.0", b"2.0.0", b"", b"dev", b"1"])
def test_other_versions_are_not_tried(version: bytes) -> None:
    with pytest.raises(CapiUnavailable):
        check_version(version)


def test_a_library_without_our_api_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "API_VERSION", 10_000)
    with pytest.raises(CapiUnavailable, match="does not offer API 10000"):
        Api(real())


def test_a_failing_call_raises_with_onnxruntimes_own_words() -> None:
    """Wrong values are told apart by name: the functions stand where the table says."""
    api = Api(real())
    options = api.create("CreateSessionOptions")
    with pytest.raises(CapiUnavailable, match=r"(?i)^SetSessionGraphOptimizationLevel: .*optimization"):
        api.call("SetSessionGraphOptimizationLevel", options, 77)
    env = api.create("CreateEnv", LOG_FATAL, b"test")
    with pytest.raises(CapiUnavailable, match=r"(?i)^CreateSessionFromArray: .*protobuf"):
        api.create("CreateSessionFromArray", env, b"no model", 8, options)
    api.release("SessionOptions", options)
    api.release("Env", env)


def test_the_positions_are_those_of_the_first_api_version() -> None:
    """The first version ends at 101 and can never change; nothing behind it is used."""
    positions = [position for position, _ in library._CALLS.values()]
    positions += [*library._RELEASES.values(), library._GET_ERROR_MESSAGE, library._RELEASE_STATUS]
    assert max(positions) <= 101
    assert len(set(positions)) == len(positions)


def engine(forest: Forest, output: str = "probabilities", given: str = "features") -> CapiEngine:
    return CapiEngine(forest.model, given, output)


@pytest.mark.parametrize(
    ("given", "output"), [("features", "label"), ("features", "nothing"), ("nothing", "probabilities")]
)
def test_an_output_or_input_that_is_not_as_agreed_is_not_read(given: str, output: str) -> None:
    with pytest.raises(CapiUnavailable):
        engine(fit_forest(), output, given).run(array("f", [0.0] * 8), 1)


def test_an_output_of_another_width_is_not_read() -> None:
    """Three classes give three columns."""
    from sklearn.ensemble import RandomForestClassifier

    from tests.forests import convert

    forest = fit_forest()
    three = RandomForestClassifier(3, random_state=0).fit(forest.rows, [i % 3 for i in range(600)])
    made = CapiEngine(convert(three, forest.features), "features", "probabilities")
    with pytest.raises(CapiUnavailable, match="two float32 columns"):
        made.run(array("f", [0.0] * 8), 1)


def test_rows_of_another_width_are_refused_by_the_session() -> None:
    with pytest.raises(CapiUnavailable, match=r"(?i)^Run: .*dimension"):
        engine(fit_forest()).run(array("f", [0.0] * 9), 1)


@pytest.mark.parametrize(
    ("flat", "rows"), [(array("f", [0.0] * 9), 2), (array("d", [0.0] * 8), 1), (array("f"), 0)]
)
def test_what_are_no_whole_rows_never_reaches_the_library(flat: array[float], rows: int) -> None:
    with pytest.raises(CapiUnavailable, match="whole rows"):
        engine(fit_forest()).run(flat, rows)


def test_a_closed_session_does_not_run_and_closing_twice_is_harmless() -> None:
    made = engine(fit_forest())
    made.run(array("f", [0.0] * 8), 1)
    assert len(made._made) == 4
    made.close()
    assert made._made == []
    made.close()
    with pytest.raises(CapiUnavailable, match="closed"):
        made.run(array("f", [0.0] * 8), 1)


def test_a_model_that_does_not_load_leaves_nothing_open() -> None:
    with pytest.raises(CapiUnavailable, match="CreateSessionFromArray"):
        CapiEngine(b"no model", "features", "probabilities")


def test_opening_and_scoring_again_and_again_does_not_grow_the_process() -> None:
    """A leaked session of this forest is about 1 MB, a leaked output of 600 rows 5 kB."""
    pytest.importorskip("resource")
    status = Path("/proc/self/statm")
    if not status.exists():
        pytest.skip("no /proc here")

    def resident() -> int:
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    forest = fit_forest(numbered_features(40), 100, 64)
    flat = array("f", [x for row in to_rows(forest.rows) for x in row])

    def work(times: int) -> None:
        for _ in range(times):
            made = engine(forest)
            made.run(flat, 600)
            made.close()

    work(10)
    before = resident()
    work(60)
    assert resident() - before < 20 << 20


COLD = """
import sys
sys.path[:0] = sys.argv[3:]
from array import array
from cigate.model import open_predictor, read_bundle
bundle = read_bundle(sys.argv[1])
predictor = open_predictor(bundle, sys.argv[2])
score, = predictor.score([array("f", [0.5] * len(bundle.manifest.features))])
import os
threads = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
print(predictor.backend, score, threads, *sorted(sys.modules))
"""


def run_cold(tmp_path: Path, backend: str) -> list[str]:
    """Score one row in a new interpreter as a hook starts it, with a home of its own."""
    write_bundle(str(tmp_path / "model"), make_bundle())
    for name in ("home", "temporary"):
        (tmp_path / name).mkdir()
    places = {"HOME": "home", "XDG_CACHE_HOME": "home", "TMPDIR": "temporary"}
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", COLD, str(tmp_path / "model"), backend, str(ROOT), *sys.path],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], **{k: str(tmp_path / v) for k, v in places.items()}},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr == ""
    assert ran.returncode == 0
    return ran.stdout.split()


def test_a_cold_start_needs_no_numpy_and_nothing_slow(tmp_path: Path) -> None:
    backend, score, threads, *modules = run_cold(tmp_path, "auto")
    assert backend == "capi"
    assert 0 <= float(score) <= 1
    assert threads == "1"
    slow = {"numpy", "onnxruntime", "json", "re", "enum", "typing", "dataclasses", "argparse"}
    slow |= {"subprocess", "threading", "pathlib", "functools", "contextlib", "logging"}
    assert not slow & set(modules)
    ours = {name.removeprefix("cigate.model.") for name in modules if name.startswith("cigate.model.")}
    assert not ours & {"structure", "trees", "messages", "writing", "python_backend"}


@pytest.mark.parametrize("backend", ["capi", "python"])
def test_scoring_leaves_no_trace_and_no_reports(tmp_path: Path, backend: str) -> None:
    """onnxruntime's own reporting would put a device id and a database into the home directory."""
    assert run_cold(tmp_path, backend)[0] == backend
    assert os.listdir(tmp_path / "home") == []
    assert os.listdir(tmp_path / "temporary") == []


def test_a_null_object_never_reaches_the_library() -> None:
    api = Api(real())
    with pytest.raises(CapiUnavailable, match="null object"):
        api.create("GetTensorTypeAndShape", ctypes.c_void_p())
    with pytest.raises(CapiUnavailable, match="null object"):
        api.read_int(c_int, "IsTensor", ctypes.c_void_p())
