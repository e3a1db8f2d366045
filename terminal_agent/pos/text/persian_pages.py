"""Two Persian code pages that Python has not: Iran System and CP1098.

Both hold letters by their shape and stand for text in the order in which it is seen. Iran
System: the published character chart, checked against words out of a real DBF file (corpus,
``frames/iran_system_dbf.tsv``). CP1098: IBM's chart (CPGID 01098), checked against the
``x-IBM1098`` charset of OpenJDK; where the two differ (0x25, 0x2A, 0xBD) ASCII and the rial sign
are taken.
"""

from __future__ import annotations

from typing import Final

_HOLE: Final = "\ufffd"
_ASCII: Final = "".join(map(chr, range(0x80)))
#: 0xB0 to 0xDF are those of code page 437.
_BOXES: Final = bytes(range(0xB0, 0xE0)).decode("cp437")

#: Each position is one printed cell; the lam-alef ligature stays one character until the line is
#: in reading order.
IRAN_SYSTEM: Final = (
    _ASCII
    + "۰۱۲۳۴۵۶۷۸۹،ـ؟\ufe81\ufe8b\ufe80"
    + "\ufe8d\ufe8e\ufe8f\ufe91\ufb56\ufb58\ufe95\ufe97"
    + "\ufe99\ufe9b\ufe9d\ufe9f\ufb7a\ufb7c\ufea1\ufea3"
    + "\ufea5\ufea7\ufea9\ufeab\ufead\ufeaf\ufb8a\ufeb1"
    + "\ufeb3\ufeb5\ufeb7\ufeb9\ufebb\ufebd\ufebf\ufec1"
    + _BOXES
    + "\ufec5\ufec9\ufeca\ufecc\ufecb\ufecd\ufece\ufed0"
    + "\ufecf\ufed1\ufed3\ufed5\ufed7\ufb8e\ufb90\ufb92"
    + "\ufb94\ufedd\ufefb\ufedf\ufee1\ufee3\ufee5\ufee7"
    + "\ufeed\ufee9\ufeec\ufeeb\ufbfd\ufbfc\ufbfe\u00a0"
)

CP1098: Final = (
    _ASCII
    + f"{_HOLE * 2}،؛؟\u064b\ufe81\ufe82{_HOLE}\ufe8d\ufe8e{_HOLE}\ufe80\ufe83\ufe84{_HOLE}"
    + "\ufe85\ufe8b\ufe8f\ufe91\ufb56\ufb58\ufe95\ufe97\ufe99\ufe9b\ufe9d\ufe9f\ufb7a\ufb7c×\ufea1"
    + "\ufea3\ufea5\ufea7\ufea9\ufeab\ufead\ufeaf\ufb8a\ufeb1\ufeb3\ufeb5\ufeb7\ufeb9\ufebb«»"
    + "░▒▓│┤\ufebd\ufebf\ufec1\ufec3╣║╗╝\ufdfc\ufec5┐"
    + f"└┴┬├─┼\ufec7\ufec9╚╔╩╦╠═╬{_HOLE}"
    + "\ufeca\ufecb\ufecc\ufecd\ufece\ufecf\ufed0\ufed1\ufed3┘┌█▄\ufed5\ufed7▀"
    + "\ufb8e\ufedb\ufb92\ufb94\ufedd\ufedf\ufee1\ufee3"
    + "\ufee5\ufee7\ufeed\ufee9\ufeeb\ufeec\ufba4\ufbfc"
    + "\u00ad\ufbfd\ufbfe\u0640۰۱۲۳۴۵۶۷۸۹■\u00a0"
)
