"""Work that does not come back is given up; work that does is as if nobody had watched."""

from __future__ import annotations

from threading import Event

import pytest

from cigate.deadline import Deadline
from cigate.errors import StoreError


def test_results_and_errors_come_through() -> None:
    """What is returned is returned, what is raised is raised."""
    deadline = Deadline(60)
    assert deadline.run("it", lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        deadline.run("it", lambda: 1 / 0)
    assert 0 < deadline.left_s <= 60


def test_work_that_hangs_is_given_up() -> None:
    """It is named with the limit, and everything that comes later finds no time left."""
    never = Event()
    deadline = Deadline(0.05)
    with pytest.raises(StoreError, match=r"the store has not answered within 0\.05 s"):
        deadline.run("the store", never.wait)
    assert deadline.left_s == 0
    with pytest.raises(StoreError):
        deadline.run("the store", never.wait)
    never.set()
