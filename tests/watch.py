"""Stands in for the hook's interpreter, runs the same program, and writes down what it did.

Called as `python watch.py REPORT -I -S -c PROGRAM ARGUMENT...`; itself run with -I -S. Imports nothing
that the hook might not import.
"""

import os
import sys

report, *flags, program = sys.argv[1:6]
sys.argv = ["-c", *sys.argv[6:]]
opened: list[str] = []
started: list[str] = []
STARTS = ("os.posix_spawn", "os.fork", "os.exec", "os.spawn", "os.system", "subprocess.Popen")


def note(event: str, args: tuple[object, ...]) -> None:
    """Remember files and processes."""
    if event == "open" and isinstance(args[0], str | bytes):
        opened.append(os.fsdecode(args[0]))
    elif event in STARTS:
        started.append(repr(args[1]))


def finish(code: int) -> None:
    """Write the report, then end as the hook wanted to."""
    with open("/proc/self/io") as counters:
        read = int(counters.readline().split()[1]) if os.path.exists("/proc/self/io") else 0
    facts = {
        "modules": sorted(sys.modules),
        "opened": opened,
        "started": started,
        "read": read,
        "flags": flags,
    }
    with open(report, "w") as out:
        out.write(repr(facts))
    leave(code)


leave, os._exit = os._exit, finish  # type: ignore[assignment]
sys.addaudithook(note)
exec(compile(program, "<hook>", "exec"))
