"""What a push waits for: reads which refs git pushes, has them judged, says so, and is gone.

Started by the sh shim (`native`) or by pre-commit (`main`). Nothing slow is imported before git is at
work, and nothing at all where there is nothing to judge. A broken cigate must neither stop a push
(unless on-error = "block") nor be silent about it.
"""

from __future__ import annotations

import gc
import os
import sys
from _thread import allocate_lock, start_new_thread
from time import monotonic

STARTED = monotonic()

from cigate.config import blocks_on_error, read_config  # noqa: E402
from cigate.errors import CigateError  # noqa: E402
from cigate.push import Push, parse_pre_commit, parse_pre_push  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import NoReturn, TextIO

    from cigate.config import Config
    from cigate.push import RefUpdate

PASSED, BLOCKED, INTERRUPTED = 0, 1, 130
REFUSED = 10  # what the shim takes for BLOCKED: Python itself ends with 1 when it breaks
TOP = "."  # where git and pre-commit start a hook: as a rule the top of the work tree
GOES_ON = "The push goes on."
LAST_WORDS_S = 1.0  # for who had begun to speak in time
IS_REFUSED = 'The push is refused (on-error = "block").'


def native() -> NoReturn:
    """Judge the push that git describes on stdin; end with 0, REFUSED or 130, and without ceremony."""
    gc.disable()  # 1 ms, for a process that ends before it could need it
    code = _guarded(lambda: parse_pre_push(_stdin(), sys.argv[1:]), os.environ, REFUSED, STARTED)
    os._exit(code)  # what an orderly end would tear down is the system's to tear down


def _import_array_alone() -> None:
    """Import `array` without `collections`, which it loads for one class that `os` has loaded already.

    That package costs 2.6 ms. What stands in for it here is gone on return.
    """
    modules = sys.modules
    if "collections" in modules:
        return
    modules["collections"] = modules["collections.abc"] = modules["_collections_abc"]
    try:
        import array  # noqa: F401
    finally:
        del modules["collections"], modules["collections.abc"]


def main(argv: Sequence[str] | None = None) -> int:
    """Judge the ref that pre-commit shows, else the push that stands on stdin; return 0, 1 or 130.

    Where the native hook stands beside pre-commit it judges every ref: nothing is left to say here.
    """
    env = os.environ
    arguments = sys.argv[1:] if argv is None else argv

    def read() -> Push:
        push = parse_pre_commit(env)
        if push and push.url and _is_judged_natively(env):  # without a URL nothing is pushed
            return Push(push.remote, push.url, (), push.sees_all_refs)
        return push or parse_pre_push(_stdin(), arguments)

    return _guarded(read, env, BLOCKED, monotonic())


def _is_judged_natively(env: Mapping[str, str]) -> bool:
    from cigate.git import Repository
    from cigate.install import find_hook, find_place

    return bool(find_hook(find_place(Repository.of_hook(env))).own)


def _guarded(read: Callable[[], Push], env: Mapping[str, str], refused: int, started: float) -> int:
    """Return the exit code, whatever happens."""
    try:
        return judge_push(read(), env, refused, started)
    except KeyboardInterrupt:
        return INTERRUPTED
    except CigateError as error:
        message, hint = str(error), error.hint
    except Exception as error:
        from cigate.breakage import describe

        message, hint = describe(error, env)
    strict = blocks_on_error(_top(env), env)
    _say(_not_judged(message, hint, strict, _colored(env)))
    return refused if strict else PASSED


def judge_push(push: Push, env: Mapping[str, str], refused: int, started: float) -> int:
    """Judge what `push` moves, say it on stderr, and return PASSED or `refused`.

    Time counts from `started`, a moment of the monotonic clock; past the limit the process ends.

    Raises:
        CigateError: where it cannot be judged.
    """
    updates = [update for update in push.updates if not update.deletes]
    if not updates:
        return PASSED
    config = read_config(_top(env), env)
    updates = [update for update in updates if covers(config, update)]
    if config.mode == "off" or not updates:
        return PASSED
    on_time = _watch(config, env, refused, started)
    try:
        return _judge(push, updates, config, env, refused, started, on_time)
    finally:
        on_time.end()


def _top(env: Mapping[str, str]) -> str:
    """Return the top of the work tree; git sets GIT_DIR wherever that may be another place than here."""
    if "GIT_DIR" not in env:
        return TOP
    from cigate.git import Repository

    try:
        return Repository.of_hook(env).top or TOP
    except CigateError:  # whoever reads commits will say it
        return TOP


def covers(config: Config, update: RefUpdate) -> bool:
    """Return whether a push to this ref is judged: branches by their name, tags as refs/tags/NAME.

    Other refs (notes, reviews) start no build.
    """
    if update.branch:
        return config.covers(update.branch)
    return update.is_tag and config.covers(update.remote_ref)


def _judge(
    push: Push,
    updates: Sequence[RefUpdate],
    config: Config,
    env: Mapping[str, str],
    refused: int,
    started: float,
    on_time: Watch,
) -> int:
    from cigate.git import Repository
    from cigate.places import author_key
    from cigate.walk import MAX_COMMITS

    repo = Repository.of_hook(env)
    repo.author_key = author_key(repo, env, off=config.no_authors)
    heads = [u.local_oid if _is_oid(u.local_oid) else repo.resolve(u.local) for u in updates]
    known = [u.remote_oid for u in push.updates if _is_oid(u.remote_oid)]
    reading = repo.start_reading(heads, known, not_remotes=True, limit=MAX_COMMITS)
    # From here on git works while Python loads the rest.
    _import_array_alone()
    from time import time

    from cigate.judging import Occasion, Ref, judge_refs
    from cigate.ledger import HOOK, append_report
    from cigate.reporters.text import render

    refs = [Ref(_name(u), u.branch, head) for u, head in zip(updates, heads, strict=True)]
    occasion = Occasion(
        at=int(time()),
        started=started,
        mode=config.mode,
        remote=push.remote or push.url,
        notes=() if push.sees_all_refs else ("pre-commit shows the first ref only",),
        counts=True,
    )
    report = judge_refs(repo, reading, refs, config, env, occasion)
    text = render(report, _colored(env), config.quiet)
    code = refused if report.verdict() == "block" else PASSED
    on_time.take_the_word(code)
    _say(text)
    append_report(repo, report, HOOK)
    return code


def _name(update: RefUpdate) -> str:
    return update.branch or "tag " + update.remote_ref.removeprefix("refs/tags/")


def _is_oid(text: str) -> bool:
    return len(text) in (40, 64) and not text.strip("0123456789abcdef")


def _watch(config: Config, env: Mapping[str, str], refused: int, started: float) -> Watch:
    strict = config.on_error == "block"
    limit_s = config.time_limit_s
    late = _not_judged(f"the time limit of {limit_s:g} s passed", "", strict, _colored(env))
    return Watch(late, refused if strict else PASSED, started + limit_s - monotonic())


class Watch:
    """The time limit: ends the process when `left_s` seconds have passed, unless `end` comes first.

    A thread and os._exit, because neither a signal handler nor an exception reaches a native call. Either
    the judgement is said or that time passed, never both.
    """

    __slots__ = ("_code", "_done", "_late", "_late_code", "_spoke", "_word")

    def __init__(self, late: str, late_code: int, left_s: float) -> None:
        self._late, self._late_code, self._code = late, late_code, late_code
        self._done, self._word, self._spoke = allocate_lock(), allocate_lock(), False
        self._done.acquire()
        start_new_thread(self._bark, (left_s,))

    def take_the_word(self, code: int) -> None:
        """Be the one to speak, and let the process end with `code`; does not return where it is too late."""
        self._code = code
        self._word.acquire()
        self._spoke = True

    def end(self) -> None:
        """Let nothing end the process any more; does not return where it is too late."""
        if not self._spoke:
            self._word.acquire()
        self._done.release()

    def _bark(self, left_s: float) -> None:
        if self._done.acquire(timeout=max(0.001, left_s)):
            return
        late = self._word.acquire(blocking=False)
        if not late and self._done.acquire(timeout=LAST_WORDS_S):
            return
        try:
            if late:
                os.write(2, self._late.encode("utf-8", "replace"))
            if git := sys.modules.get("cigate.git.process"):
                git.kill_all()  # it would work on, for nobody
        finally:
            os._exit(self._late_code if late else self._code)


def _not_judged(message: str, hint: str, strict: bool, color: bool) -> str:
    from cigate.reporters.line import not_judged

    return not_judged(message, hint, IS_REFUSED if strict else GOES_ON, color)


def _stdin() -> bytes:
    return sys.stdin.buffer.read() if sys.stdin else b""


def _colored(env: Mapping[str, str]) -> bool:
    return not is_plain(sys.stderr, env)


def is_plain(stream: TextIO | None, env: Mapping[str, str]) -> bool:
    """Return whether colours would be noise in `stream`."""
    if env.get("NO_COLOR") or env.get("TERM") == "dumb":
        return True
    return stream is None or not stream.isatty()


def _say(text: str) -> None:
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (AttributeError, OSError):
        pass  # nobody listens: that is no reason to stop a push


if __name__ == "__main__":
    sys.exit(main())
