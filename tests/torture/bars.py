"""The one judge of every case: what must hold whatever is pushed, in whichever form."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
from unittest import mock
from zlib import crc32

from cigate.cli import main
from tests.repo import clean_environment
from tests.torture.amount import FULL, count
from tests.torture.case import FINE, NEVER, NOT_JUDGED, NOTHING, SEEN, Case
from tests.torture.ground import FORMS, NATIVE, PRE_COMMIT, PREDICT, Answer, Ground, state_of

LATE = ("the time limit of", "took too long and was stopped")
BROKEN = ("Traceback", "cigate broke", "broke off", "was stopped by signal", "Exception ignored")
OUR_LINES = re.compile(r"(cigate(  |: )|  (why |    |less|so  |past|note)  | {2}\S)")
CI_COMMANDS = re.compile(r"^::|##\[|##vso\[", re.M)
# What git itself would call new, with nothing hidden.
UNHIDDEN = {"GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": os.devnull + "/none"}


def left_out(case: Case) -> str:
    """Return why the case is not tried in this run."""
    return "" if FULL or case.quick else "a part of make torture"


def forms_of(case: Case) -> list[str]:
    """Return the forms that are tried: in a quick run pre-commit, which costs most, for one case in five."""
    sampled = FULL or crc32(case.name.encode()) % 5 == 0
    return [form for form in FORMS if case.expected(form) and (sampled or form != PRE_COMMIT)]


def torture(case: Case, ground: Ground, late: bool = False) -> None:
    """Build the case, see that it is what it claims, and hold every form's answer against the bars.

    With `late`, that the time limit passed is as good an answer: its own words must say so.
    """
    case.build(ground)
    ground.forget()
    assert case.claim(ground), f"{case.name}: not what it claims to be"
    ground.forget()
    ground.keep()
    plain = push_without_hook(case, ground)
    assert (plain != 0) == case.refused, f"{case.name}: git alone ends with {plain}"
    for form in forms_of(case):
        ground.restore()
        judge(case, ground, answer_of(case, ground, form), plain, late)
    count("nasty pushes and predictions", len(forms_of(case)))
    count("cases", 1)


def push_without_hook(case: Case, ground: Ground) -> int:
    """Return how the push ends where there is no hook."""
    return ground.run(["git", "push", "--no-verify", *case.push], case.env, case.place(ground)).returncode


def answer_of(case: Case, ground: Ground, form: str) -> Answer:
    """Return what one form says of the case."""
    if form != PREDICT:
        return ground.push(form, case.push, case.env, case.place(ground))
    before = state_of(ground.place)
    answer = ground.predict(["--head", case.head], case.env, case.place(ground))
    assert state_of(ground.place) == before, f"{case.name}: predict changed something"
    return answer


def judge(case: Case, ground: Ground, answer: Answer, plain: int, late: bool = False) -> None:
    """Hold one answer against every bar."""
    place = f"{case.name}, {answer.form}: {answer.all.decode(errors='backslashreplace')}"
    expected = case.expected(answer.form)
    found = kind_of(answer)
    if late and found == NOT_JUDGED and any(words.encode() in answer.all for words in LATE):
        expected = NOT_JUDGED
    assert found == expected, f"{found} instead of {expected}: {place}"
    assert not ground.sprung(), f"{ground.sprung()[0]} was started: {place}"
    if answer.form == PREDICT:
        assert answer.code in ((2, 3) if expected == NOT_JUDGED else (0,)), place
    elif expected != NEVER or answer.form == NATIVE:
        assert answer.code == plain, f"ended with {answer.code} instead of {plain}: {place}"
    text = (answer.said or b"").decode("utf-8", "surrogateescape")
    assert all(c == "\n" or c.isprintable() for c in text), f"a control character is printed: {place}"
    assert not CI_COMMANDS.search(text), f"a CI server would obey: {place}"
    assert all(OUR_LINES.match(line) for line in text.splitlines()), f"a line is not ours: {place}"
    assert not any(word in text for word in BROKEN), f"cigate broke: {place}"
    if answer.form == PREDICT and found in (SEEN, FINE, NOTHING) and case.counts:
        compare_counts(case, ground, place)


def kind_of(answer: Answer) -> str:
    """Return which of the answers it is."""
    if answer.said is None:
        return NEVER
    text = answer.said.decode("utf-8", "surrogateescape")
    if "cigate  not judged: " in text or (answer.form == PREDICT and answer.code in (2, 3)):
        return NOT_JUDGED
    if "likely to break CI: 100 %" in text:
        return SEEN
    return FINE if "looks fine: 0 %" in text else NOTHING


def compare_counts(case: Case, ground: Ground, place: str) -> None:
    """Hold the number of judged commits against what git calls new."""
    out = io.StringIO()
    env = clean_environment(ground.work.now) | ground.work.env | ground.env | dict(case.env)
    where = str(case.place(ground))
    args = ["predict", "--mode", "warn", "--format", "json", "--repo", where, "--head", case.head]
    with mock.patch.dict(os.environ, env, clear=True), contextlib.redirect_stdout(out):
        assert main(args) == 0
    told = json.loads(out.getvalue())
    judged = told["judgements"][0]["commits"] if told["judgements"] else 0
    counted = ground.work.git_raw(
        *("rev-list", "--count", case.head, "--not", "--remotes"), env=UNHIDDEN, cwd=case.place(ground)
    )
    assert judged == min(int(counted.stdout), 200), place
