"""Star's page 0, "normal", which Python has not: Western European letters at places of their own.

Star's chart of character codes. Its quarter and eighth blocks become one shade: they draw rules.
"""

from __future__ import annotations

from typing import Final

_HOLE: Final = "\ufffd"
_ASCII: Final = "".join(map(chr, range(0x80)))

STAR_STANDARD: Final = (
    _ASCII
    + f"\u00a0{'▒' * 11}├{'▒' * 3}"
    + "▒▒▘▗▖▝╱╲◥◤┌┴┬┤♦╳"
    + f"ÄÖÜß§ªº{_HOLE}¢½{_HOLE}{_HOLE}¥¼Āë"
    + "éèēêïíìīîöóòōôüú"
    + f"ùūûç¿{_HOLE}{_HOLE}Ēↄ¡ÅøØäáà"
    + f"āâ°℃℉ΩµΣσ{_HOLE}{_HOLE}χ∞±÷π"
    + "▌▄▀▐┼┘└┐█▒┴←↑→↓╭"
    + f"┬▒{_HOLE}▁▍{_HOLE}▒▚▞◢◣▒▒╰╯╮"
)
