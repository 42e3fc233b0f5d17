"""Makes text from elsewhere harmless: a commit must not drive a terminal or a CI log.

Must be applied to every name, path or message that cigate did not write itself.
"""

from __future__ import annotations


def escape(text: str) -> str:
    """Return `text` on one line, with whatever is not printable shown as an escape.

    Controls, line breaks, text-direction marks and bytes that are no UTF-8 become \\x1b, \\u202e and
    the like; the beginnings of commands to CI servers (`::`, `##[`, `##vso[`) are broken up.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _shown(c) for c in text)
    for command in ("##[", "##vso["):
        text = text.replace(command, "#\\x23" + command[2:])
    return ":\\x3a" + text[2:] if text.startswith("::") else text


def _shown(c: str) -> str:
    code = ord(c)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8, kept as a surrogate
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
