"""An attacker's program wherever git or Python could be made to start one."""

from __future__ import annotations

from tests.torture.case import NOT_JUDGED, Build, Case, Claim, fails, says, springs
from tests.torture.ground import Ground

IN_LOG = ("log", "-p", "--stat", "--show-signature", "-3")


def settings(values: dict[str, str], files: dict[str, str] | None = None) -> Build:
    """Set options in the repository's own configuration; `{trap}` is the attacker's program."""

    def build(ground: Ground) -> None:
        ground.commit(files or {})
        for name, value in values.items():
            ground.work.set(name, value.format(trap=ground.trap))

    return build


def environment(values: dict[str, str]) -> Build:
    """Push with these variables set; `{trap}` is the attacker's program."""

    def build(ground: Ground) -> None:
        ground.commit()
        ground.env |= {name: value.format(trap=ground.trap) for name, value in values.items()}

    return build


def textconv(ground: Ground) -> None:
    """Let every file be converted before it is compared."""
    settings({"diff.odd.textconv": "{trap}", "diff.odd.command": "{trap}"})(ground)
    ground.commit({".gitattributes": "* diff=odd\n", ".github/workflows/ci.yml": "on: pull_request\n"})


def attributes(ground: Ground) -> None:
    """Let every file be converted by what no commit shows: attributes of this repository and this user."""
    settings({"diff.odd.textconv": "{trap}", "diff.odd.command": "{trap}", "diff.own.command": "{trap}"})(
        ground
    )
    info = ground.work.path / ".git" / "info"
    info.mkdir(exist_ok=True)
    (info / "attributes").write_text("* diff=odd\n")
    (ground.place / "attributes").write_text("* diff=own\n")
    ground.work.set("core.attributesFile", str(ground.place / "attributes"))


def of_the_user(ground: Ground) -> None:
    """Keep the settings in the files of the user and of the system, wherever variables say those are."""
    ground.commit()
    text = f"[core]\n\tfsmonitor = {ground.trap}\n[diff]\n\texternal = {ground.trap}\n"
    for name in ("GLOBAL", "SYSTEM"):
        (ground.place / name).write_text(text)
        ground.env[f"GIT_CONFIG_{name}"] = str(ground.place / name)
    ground.env["GIT_CONFIG_NOSYSTEM"] = "0"


def filters(ground: Ground) -> None:
    """Let every file be filtered on its way in and out."""
    ground.commit({".gitattributes": "* filter=odd\n"})
    for name in ("clean", "smudge", "process"):
        ground.work.set(f"filter.odd.{name}", str(ground.trap))
    (ground.work.path / "src" / "a.py").write_text("x = 2\n")


def signed(ground: Ground) -> None:
    """Sign the commit; only the program that the configuration names could check it."""
    oid = ground.commit()
    head, _, text = ground.work.git("cat-file", "commit", oid).partition("\n\n")
    sealed = f"{head}\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n\n{text}"
    ground.raw_commit(sealed.encode())
    ground.work.set("gpg.program", str(ground.trap))
    ground.work.set("log.showSignature", "true")


def included(ground: Ground) -> None:
    """Keep the settings in a committed file, which the repository's own configuration includes."""
    ground.commit(
        {"team.gitconfig": f"[core]\n\tfsmonitor = {ground.trap}\n[diff]\n\texternal = {ground.trap}\n"}
    )
    ground.work.set("include.path", "../team.gitconfig")


def of_the_worktree(ground: Ground) -> None:
    """Keep the settings in a configuration of this work tree alone."""
    ground.commit()
    ground.work.set("extensions.worktreeConfig", "true")
    ground.work.git("config", "--worktree", "core.fsmonitor", str(ground.trap))


def injected(values: dict[str, str]) -> Build:
    """Set options by GIT_CONFIG_COUNT and its companions."""
    words = {"GIT_CONFIG_COUNT": str(len(values))}
    for at, (name, value) in enumerate(values.items()):
        words |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
    return environment(words)


def promised_by_a_program(ground: Ground) -> None:
    """Lack a file that only a remote could bring whose address is a program."""
    work = ground.work
    work.commit({"old.py": "old\n" * 50})
    blob = work.head("HEAD:old.py")
    work.git("push", "-q", "--no-verify", "origin", "main")
    ground.commit({"old.py": "new\n" * 50})
    work.set("extensions.partialClone", "attacker")
    work.set("remote.attacker.promisor", "true")
    # Without an input that ends, git and the program would wait for each other.
    work.set("remote.attacker.url", f"ext::sh -c {ground.trap}</dev/null")
    work.set("protocol.ext.allow", "always")
    (work.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()


# One for each way in which Python looks for what it imports.
MODULES = ("array", "json", "numpy", "onnxruntime", "cigate", "sitecustomize", "usercustomize", "encodings")


def modules(ground: Ground) -> None:
    """Fill the work tree with modules that Python would rather find elsewhere."""
    text = f"import os\nos.system({str(ground.trap)!r} + ' </dev/null')\n"
    files: dict[str, str | bytes | None] = {f"{name}.py": text for name in MODULES}
    ground.commit({**files, "pyvenv.cfg": "home = .\n", "cigate/hook.py": text, "cigate/__init__.py": text})


def hooks_everywhere(ground: Ground) -> None:
    """Have every other hook and a pager be the attacker's program."""
    ground.commit()
    for name in ("post-index-change", "reference-transaction", "post-checkout", "fsmonitor-watchman"):
        hook = ground.hook.with_name(name)
        hook.symlink_to(ground.trap)
    ground.work.set("core.fsmonitor", ".git/hooks/fsmonitor-watchman")


def diff_springs(ground: Ground) -> bool:
    """Claim that comparing the last two commits starts the program."""
    return springs("diff", "--ext-diff", "HEAD~1", "HEAD")(ground)


DANGEROUS = {
    "core.pager": "{trap}",
    "pager.log": "{trap}",
    "diff.external": "{trap}",
    "core.fsmonitor": "{trap}",
}
ALIASES = {f"alias.{name}": "!{trap}" for name in ("log", "rev-list", "cat-file", "rev-parse", "zz")}
STATUS: Claim = springs("status")

CASES = (
    Case("diff.external", settings({"diff.external": "{trap}"}), diff_springs),
    Case("textconv and a diff driver", textconv, springs("log", "-p", "-1")),
    Case("attributes that no commit shows", attributes, springs("log", "-p", "-1", "--ext-diff")),
    Case("settings by GIT_CONFIG_GLOBAL and GIT_CONFIG_SYSTEM", of_the_user, STATUS),
    Case("core.fsmonitor", settings({"core.fsmonitor": "{trap}"}), STATUS),
    Case("filters for clean and smudge", filters, springs("add", "src/a.py")),
    Case("a signature that a program should check", signed, springs("log", "-1")),
    Case("aliases for the commands in use", settings(ALIASES), springs("zz")),
    Case("a committed file of settings that is included", included, STATUS),
    Case("settings of this work tree alone", of_the_worktree, STATUS),
    Case(
        "an order of files that is nowhere",
        settings({"diff.orderFile": "/nowhere/at/all"}),
        fails("diff", "HEAD~1", "HEAD", words="orderfile"),
        pre_commit="never",
        why="pre-commit's own git diff breaks on it and stops the push",
        quick=False,
    ),
    Case(
        "settings by GIT_CONFIG_COUNT",
        lambda ground: injected({n: v.format(trap=ground.trap) for n, v in DANGEROUS.items()})(ground),
        STATUS,
    ),
    Case(
        "settings by GIT_CONFIG_PARAMETERS",
        environment({"GIT_CONFIG_PARAMETERS": "'core.fsmonitor'='{trap}' 'diff.external'='{trap}'"}),
        STATUS,
    ),
    Case(
        "programs in git's own variables",
        environment(
            dict.fromkeys(("GIT_EXTERNAL_DIFF", "GIT_PAGER", "PAGER", "GIT_ASKPASS", "GIT_EDITOR"), "{trap}")
        ),
        springs("diff", "HEAD~1", "HEAD"),
    ),
    Case(
        "a missing file that a program promises", promised_by_a_program, springs("show", "HEAD"), quick=False
    ),
    Case(
        "modules where Python might look first",
        modules,
        lambda g: (g.work.path / "array.py").exists(),
        quick=False,
    ),
    Case("other hooks that are the attacker's", hooks_everywhere, STATUS, quick=False),
    Case(
        "a setting that git refuses to work with",
        settings({"diff.renames": "perhaps"}),
        fails("log", "-1", "-p", words="diff.renames"),
        NOT_JUDGED,
        pre_commit="never",
        why="pre-commit's own git diff breaks on it and stops the push",
        quick=False,
    ),
    Case(
        "settings that turn every number around",
        settings(
            {
                "diff.renames": "copies",
                "diff.ignoreSubmodules": "all",
                "diff.noprefix": "true",
                "color.ui": "always",
                "log.showRoot": "false",
                "log.diffMerges": "off",
                "log.decorate": "full",
                "i18n.logOutputEncoding": "UTF-16",
                "core.quotePath": "false",
                "format.pretty": "%x1b[31m%B",
                "core.abbrev": "4",
            }
        ),
        says("always", "config", "color.ui"),
        quick=False,
    ),
)
