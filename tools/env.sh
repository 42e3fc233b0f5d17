#!/usr/bin/env bash
# Makes a virtual environment, or leaves one alone that is up to date:
#
#     tools/env.sh FOLDER PIP-ARGUMENT...        tools/env.sh .venv -e '.[train,dev]'
#
# FOLDER/.made-from holds a checksum of everything the environment was made from. Run it from the top
# of the checkout. PYTHON=/path/to/python chooses the interpreter.
set -euo pipefail

say() { printf 'env: %s\n' "$*"; }

usable() { # can this interpreter run cigate and make an environment?
    "$1" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    local name path
    for name in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if path=$(command -v "$name") && usable "$path"; then
            printf '%s\n' "$path"
            return
        fi
        [ "$name" != "${PYTHON:-}" ] || break # a chosen interpreter is never replaced by another one
    done
    {
        say "no Python 3.11 or newer with its venv module: tried ${PYTHON:-python3, python3.11 to 3.14, python}"
        say "Debian, Ubuntu: apt-get install python3-venv    macOS: brew install python@3.12"
        say "or name one: make PYTHON=/path/to/python3.11 ..."
    } >&2
    return 1
}

made_from() { # an editable install reads the sources where they are; a plain one has copied them
    printf '%s\n' "$PWD" "$folder" "$@"
    cksum setup.cfg pyproject.toml
    case " $* " in *" -e "*) return ;; esac
    find cigate hooks train -type f ! -name '*.pyc' -exec cksum {} + | LC_ALL=C sort -k 3
}

install() { # names each package as pip reaches it; the whole of pip's output is kept for a failure
    local log=$folder/pip.log
    rm -rf build/lib build/bdist.* # setuptools puts modules that were deleted since into the next wheel
    if ! "$folder/bin/python" -m pip install --no-input --disable-pip-version-check "$@" 2>&1 </dev/null |
        tee "$log" |
        { grep --line-buffered -oE '^(Collecting [^ ;]+|Installing collected packages)' || true; }; then
        tail -n 25 "$log" >&2
        say "pip could not install $* (its whole output: $log)" >&2
        return 1
    fi
}

runs() { # a moved checkout or a removed interpreter leaves an environment behind that does not start
    "$folder/bin/python" -m pip --version >/dev/null 2>&1 || return
    [ -z "${PYTHON:-}" ] || [ "$("$PYTHON" -V)" = "$("$folder/bin/python" -V)" ]
}

folder=$1
shift
stamp=$folder/.made-from
if ! runs; then
    python=$(find_python)
    say "making $folder with $("$python" -V) ($python)"
    "$python" -m venv --clear "$folder"
fi
if [ -f "$stamp" ] && [ "$(made_from "$@" | cksum)" = "$(cat "$stamp")" ]; then
    say "$folder is up to date"
    exit 0
fi
say "installing $* into $folder (the first time takes a minute or two)"
started=$SECONDS
rm -f "$stamp"
install "$@"
made_from "$@" | cksum >"$stamp"
say "$folder is ready after $((SECONDS - started)) s"
