"""Lines of a TOML text: every setting is found where it stands."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.config_programme import programme_text
from gateway.programme_file.places import line_at, lines_of
from simulators.programmes import random_programme

TEXT = """\
# a = 1

a = "x # y = 1"
"quoted key" = 2
b.c = [
  1, # two = 2
  { d = 3, e = [4] },
]
f = '''
g = 5
'''
h = 2027-03-21 00:00:00Z
i = \"\"\"\\"\"\"\"\"

[t]
k = { l.m = "]", 'n' = '''x''' }
[t.u]
[[v]]
w = 1
[[v]]
[v.x]
y = 1
[[v.z]]
a = 1
[[v.z]]
a = 2
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("a", 3), ("quoted key", 4), ("b", 5), ("b.c", 5), ("b.c[0]", 6), ("b.c[1]", 7),
        ("b.c[1].d", 7), ("b.c[1].e", 7), ("b.c[1].e[0]", 7), ("f", 9), ("h", 12), ("i", 13),
        ("t", 15), ("t.k", 16), ("t.k.l.m", 16), ("t.k.n", 16), ("t.u", 17), ("v[0]", 18),
        ("v[0].w", 19), ("v[1]", 20), ("v[1].x.y", 22), ("v[1].z[0].a", 24), ("v[1].z[1].a", 26),
    ],
)  # fmt: skip
def test_a_setting_is_found_where_it_stands(path: str, line: int) -> None:
    """Strings, comments, inline tables and arrays of tables do not lead astray."""
    tomllib.loads(TEXT)
    assert lines_of(TEXT)[path] == line


@pytest.mark.parametrize(
    ("path", "line"),
    [("t.k.missing", 16), ("v[1].x.missing.more", 21), ("v", 18), ("nothing", None), ("", None)],
)
def test_what_is_missing_is_looked_for_where_it_belongs(path: str, line: int | None) -> None:
    """The nearest table that a missing setting belongs to is better than no line."""
    assert line_at(lines_of(TEXT), path) == line


def paths(value: object, path: str = "") -> Iterator[str]:
    """Every path into what tomllib read."""
    if isinstance(value, dict):
        for name, part in value.items():
            inner = f"{path}.{name}" if path else name
            if not isinstance(part, list) or not part or not isinstance(part[0], dict):
                yield inner
            yield from paths(part, inner)
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield f"{path}[{index}]"
            yield from paths(part, f"{path}[{index}]")


@given(st.integers(0, 2**64))
@settings(max_examples=60)
def test_every_setting_of_a_programme_has_its_line(seed: int) -> None:
    """What tomllib reads and what is found are the same settings, each in a line that names it."""
    text = programme_text(random_programme(Random(seed)))
    rows = text.splitlines()
    found = lines_of(text)
    for path in paths(tomllib.loads(text)):
        assert path in found
        name = path.rpartition(".")[2]
        assert name.endswith("]") or name in rows[found[path] - 1]
