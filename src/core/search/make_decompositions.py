#!/usr/bin/env python3
"""Writes decompositions.inc: what the characters beyond Latin are made of (Unicode's decompositions).

Canonical ones of all characters, and compatible ones of ligatures, presentation forms and half-width
forms. Left out: Latin letters, which fold.cpp has in its own tables; Hangul, which is arithmetic; what
has more than four parts.
"""
import pathlib
import unicodedata

HANGUL = range(0xAC00, 0xD7A4)
COMPATIBLE = [range(0xFB00, 0xFDFE), range(0xFE70, 0xFF00), range(0xFF66, 0xFFEF)]


def parts_of(code):
    if code in HANGUL or 0x1E00 <= code <= 0x1EFF:
        return []
    form = "NFKD" if any(code in one for one in COMPATIBLE) else "NFD"
    text = unicodedata.normalize(form, chr(code))
    return [] if text == chr(code) else [ord(c) for c in text if c != " "]


entries = [(code, parts_of(code)) for code in range(0x250, 0x110000)]
entries = [(code, parts) for code, parts in entries if 0 < len(parts) <= 4]
cells = ["{0x%X, {%s}}" % (code, ", ".join("0x%X" % part for part in parts)) for code, parts in entries]
lines = ["// Made by make_decompositions.py from Unicode %s; in ascending order." % unicodedata.unidata_version]
for i in range(0, len(cells), 6):
    lines.append(", ".join(cells[i : i + 6]) + ",")
pathlib.Path(__file__).with_name("decompositions.inc").write_text("\n".join(lines) + "\n")
