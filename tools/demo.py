"""Shows cigate at work: two real pushes in a temporary folder, or the last pushes of your own repository.

`make demo` and `make demo REPO=PATH` start it. It checks what it shows: where a push does not end as
the text says, it ends with 1. Everything that is made up is called synthetic.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tools.typed import Failed, Typist
from tools.yours import judge_yours

BUILDS, SEED = "3000", "1"
CAREFUL, NEWCOMER = "main_dev", "new_dev"  # two of the synthetic authors
RISKY_FILES = {"*.yml": 36, "settings/*": 12}
OWN_VARIABLES = ("GIT_", "CIGATE_", "PRE_COMMIT_")


def main(argv: list[str] | None = None) -> int:
    """Run the demonstration that was asked for and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--repo", type=Path, metavar="PATH", help="judge the last pushes of this repository")
    parser.add_argument("--model", default="", metavar="DIR", help="with --repo: by the model in this folder")
    parser.add_argument("--save-push", type=Path, metavar="FILE", help="keep what the warned push printed")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="cigate-demo-") as folder:
        typist = Typist(Path(folder).resolve(), _environment(Path(folder)))
        try:
            if args.repo:
                model = str(Path(args.model).resolve()) if args.model else ""
                return judge_yours(typist, args.repo.expanduser().resolve(), model)
            warned = show_pushes(typist)
        except Failed as error:
            print(f"\ndemo: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            return 130
    if args.save_push:
        args.save_push.write_text(warned, "utf-8")
    return 0


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nobody's git configuration, hooks or signing keys take part."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(OWN_VARIABLES) and k != "CI"}
    config = folder / "gitconfig"
    config.write_text("[init]\n\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n")
    scripts = str(Path(sys.executable).parent)
    return env | {
        "PATH": scripts + os.pathsep + env.get("PATH", os.defpath),
        "GIT_CONFIG_GLOBAL": str(config),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def show_pushes(typist: Typist) -> str:
    """Make a project with a past, train on it and push to it; return what the warned push printed."""
    started = time.monotonic()
    _make_past(typist)
    _learn(typist)
    _push_harmless(typist)
    warned = _push_risky(typist)
    _push_blocked(typist)
    typist.say(
        f"That is all; it took {time.monotonic() - started:.0f} s. The temporary folder is gone. In your own "
        "repository: cigate import csv FILE, cigate train --export-onnx, cigate install. "
        "`make demo REPO=PATH` judges its last pushes without touching it."
    )
    return warned


def _make_past(typist: Typist) -> None:
    typist.say(
        "A SYNTHETIC project: its authors, commits and build results are made up by a random process with a "
        "fixed seed, so that there is a past to learn from. The pushes at the end are real ones, to a bare "
        "repository that stands for the server."
    )
    made = ("--builds", BUILDS, "--seed", SEED, "--until", _now())
    typist.type("cigate", "generate", *made, "--repo", "synthetic", "build_history.csv")
    typist.type("git", "clone", "-q", "--bare", "synthetic", "server.git")
    typist.type("git", "clone", "-q", "server.git", "laptop")
    typist.folder /= "laptop"
    print("\n$ cd laptop")
    typist.quietly("git", "remote", "set-url", "origin", "../server.git")


def _learn(typist: Typist) -> None:
    typist.say("The builds are joined to the commits that they built, and learned from.")
    typist.type("cigate", "import", "csv", "../build_history.csv")
    typist.type("cigate", "train", "--export-onnx")
    typist.say("From now on every push from this clone is judged.")
    typist.type("cigate", "install")


def _push_harmless(typist: Typist) -> None:
    page = typist.quietly("git", "ls-files", "docs").splitlines()[0]
    with (typist.folder / page).open("a") as text:
        text.write("- One sentence more.\n")
    typist.say(f"A harmless push: the synthetic author {CAREFUL} adds a sentence to {page}.")
    _commit(typist, CAREFUL, "Say more in the documentation")
    typist.type("git", "push")
    _expect("looks fine" in typist.said and _arrived(typist), "the harmless push was not judged harmless")
    typist.say("Its build passes, says a SYNTHETIC result, and is history from now on.")
    built = f"{typist.quietly('git', 'rev-parse', 'HEAD')},main,passed,{_now()},true\n"
    (typist.folder.parent / "latest.csv").write_text(
        f"commit_sha,branch,build_status,timestamp,SYNTHETIC\n{built}"
    )
    typist.type("cigate", "import", "csv", "../latest.csv")


def _push_risky(typist: Typist) -> str:
    typist.say(
        f"A risky push: the synthetic author {NEWCOMER}, whose builds often failed, changes "
        f"{sum(RISKY_FILES.values())} configuration files at once, on a branch."
    )
    typist.type("git", "switch", "-q", "-c", "deploy")
    _change_configuration(typist, "first")
    _commit(typist, NEWCOMER, "Move the deployment to another cluster")
    command = ("git", "push", "-u", "origin", "deploy")
    typist.type(*command)
    _expect("likely to break CI" in typist.said and _arrived(typist), "the risky push was not warned about")
    return f"$ {' '.join(command)}\n{typist.said}"


def _push_blocked(typist: Typist) -> None:
    typist.say('The same to main, in mode "block" (a variable here; else a line in pyproject.toml):')
    typist.type("git", "switch", "-q", "main")
    _change_configuration(typist, "second")
    _commit(typist, NEWCOMER, "Move the deployment at once")
    mode = {"CIGATE_MODE": "block"}
    typist.type("git", "push", expect=(1,), env=mode, shown="CIGATE_MODE=block git push")
    _expect("blocked" in typist.said and not _arrived(typist), "the risky push was not refused")
    typist.say("Git's own way past any hook stays open:")
    typist.type("git", "push", "--no-verify", env=mode, shown="CIGATE_MODE=block git push --no-verify")
    _expect(_arrived(typist), "--no-verify did not push")


def _change_configuration(typist: Typist, word: str) -> None:
    """Replace a line of many configuration files by some new ones."""
    listed = {pattern: typist.quietly("git", "ls-files", pattern).splitlines() for pattern in RISKY_FILES}
    for name in [name for pattern, files in RISKY_FILES.items() for name in listed[pattern][:files]]:
        lines = (typist.folder / name).read_text().splitlines(keepends=True)
        new = [f"{word}_{number}{lines[0][lines[0].index('_') + 2 :]}" for number in range(5)]
        (typist.folder / name).write_text("".join(lines[1:] + new))


def _commit(typist: Typist, author: str, message: str) -> None:
    who = {}
    for role in ("AUTHOR", "COMMITTER"):
        who[f"GIT_{role}_NAME"] = author
        who[f"GIT_{role}_EMAIL"] = f"{author}@example.invalid"
    typist.type("git", "commit", "-q", "-a", "-m", message, env=who)


def _arrived(typist: Typist) -> bool:
    """Return whether the server has what is checked out, under the same branch."""
    here, branch = typist.quietly("git", "rev-parse", "HEAD", "--abbrev-ref", "HEAD").split()
    there = typist.quietly(
        "git", "--git-dir", "../server.git", "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}"
    )
    return there == here


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _expect(true: bool, otherwise: str) -> None:
    if not true:
        raise Failed(otherwise)


if __name__ == "__main__":
    sys.exit(main())
