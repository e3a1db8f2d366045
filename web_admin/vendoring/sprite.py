"""Makes one sprite of many icons: the same icons always make the same bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

from web_admin.vendoring.errors import VendorError

_SVG = "{http://www.w3.org/2000/svg}"
_NAME = re.compile(r"[a-z0-9-]+")
#: What an icon may consist of, and which attributes it may carry: shapes and nothing else.
_SHAPES = frozenset({"path", "circle", "rect", "line", "polyline", "ellipse"})
_ATTRIBUTES = re.compile(r"d|[cr]?[xy][12]?|r|rx|ry|width|height|points|fill|stroke(-[a-z]+)?")


def build_sprite(icons: Mapping[str, bytes]) -> bytes:
    """Build the sprite.

    Args:
        icons: each icon's SVG by its name.

    Returns:
        an SVG with one ``<symbol>`` for each icon; strokes take the text's colour.

    Raises:
        VendorError: if an icon is more than a drawing of plain shapes.
    """
    symbols = "".join(_symbol(name, icons[name]) for name in sorted(icons))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'.encode()


def _symbol(name: str, svg: bytes) -> str:
    if _NAME.fullmatch(name) is None:
        raise VendorError(f"{name!r} is no icon's name")
    try:
        root = ET.fromstring(svg)  # noqa: S314 - its hash was checked; entities are refused below
    except ET.ParseError as error:
        raise VendorError(f"the icon {name} is no SVG: {error}") from error
    shapes = "".join(_shape(name, child) for child in root)
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-width="2" stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def _shape(icon: str, element: ET.Element) -> str:
    tag = element.tag.removeprefix(_SVG)
    # Every icon begins with an empty square that only marks its size.
    if element.get("d") == "M0 0h24v24H0z":
        return ""
    if tag not in _SHAPES or len(element):
        raise VendorError(f"the icon {icon} holds a <{tag}>, which is no plain shape")
    parts = []
    for key, value in element.attrib.items():
        if _ATTRIBUTES.fullmatch(key) is None or '"' in value or "<" in value or "&" in value:
            raise VendorError(f"the icon {icon} has the attribute {key}, which is no drawing")
        parts.append(f' {key}="{value}"')
    return f"<{tag}{''.join(parts)}/>"
