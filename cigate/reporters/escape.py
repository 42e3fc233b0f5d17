"""Makes text from elsewhere harmless: a commit must not drive a terminal, a CI log or a page.

Must be applied to every name, path or message that cigate did not write itself.
"""

from __future__ import annotations

# What Markdown or HTML could take for more than itself. "@" and "www." would become links.
_MARKUP = "&<>`*_[]|~\\:@#$"


def escape(text: str) -> str:
    """Return `text` on one line, with whatever is not printable shown as an escape.

    Controls, line breaks, text-direction marks and bytes that are no UTF-8 become \\x1b, \\u202e and
    the like; the beginnings of commands to CI servers (`::`, `##[`, `##vso[`, `##teamcity[`) are broken up.
    """
    if not text.isprintable():
        text = "".join(c if c.isprintable() else _shown(c) for c in text)
    while "##" in text:
        text = text.replace("##", "#\\x23")
    bare = text.lstrip()  # GitHub looks for its commands behind blanks too
    return f"{text[: -len(bare)]}:\\x3a{bare[2:]}" if bare.startswith("::") else text


def markup(text: str) -> str:
    """Return `text` for a page in Markdown or HTML: it shows what `escape` does, and is nothing but text."""
    shown = "".join(f"&#{ord(c)};" if c in _MARKUP else c for c in escape(text))
    if shown.startswith(" "):  # four spaces at the beginning of a line would make a block of code
        shown = "&#32;" + shown[1:]
    return shown.replace("www.", "www&#46;")


def _shown(c: str) -> str:
    code = ord(c)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was no UTF-8, kept as a surrogate
        return f"\\x{code - 0xDC00:02x}"
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
