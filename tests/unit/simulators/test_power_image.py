"""The crash images: what was synced is always there, what was not may be there in any mixture."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from simulators.power.disk_log import (
    Created,
    Deleted,
    DirectorySynced,
    Operation,
    Synced,
    Truncated,
    Written,
)
from simulators.power.image import EVERYTHING, MOODS, NOTHING, Mood, crash_image, whole_image

OLD = b"old " * 400
INITIAL = {"a": OLD, "b": b""}  # numbered 0 and 1, by name

moods = st.sampled_from(MOODS)
seeds = st.integers(0, 2**32)
writes = st.builds(
    Written, st.integers(0, 1), st.integers(0, 6_000), st.binary(min_size=1, max_size=3_000)
)
truncations = st.builds(Truncated, st.integers(0, 1), st.integers(0, 8_000))
syncs = st.builds(Synced, st.integers(0, 1))
changes = st.lists(writes | truncations, max_size=8)
logs = st.lists(writes | truncations | syncs, max_size=12)


def plainly(log: list[Operation]) -> dict[str, bytes]:
    """The files with every operation done, by the plainest code there is."""
    names, files = {0: "a", 1: "b"}, {name: bytearray(data) for name, data in INITIAL.items()}
    for one in log:
        if isinstance(one, Written):
            file = files[names[one.file]]
            file.extend(bytes(max(0, one.offset + len(one.data) - len(file))))
            file[one.offset : one.offset + len(one.data)] = one.data
        elif isinstance(one, Truncated):
            file = files[names[one.file]]
            file.extend(bytes(max(0, one.size_bytes - len(file))))
            del file[one.size_bytes :]
    return {name: bytes(data) for name, data in files.items()}


@given(log=logs, mood=moods, seed=seeds)
def test_what_was_synced_is_exactly_there(log: list[Operation], mood: Mood, seed: int) -> None:
    """After a sync of every file, no dice change a byte, whatever the disk's mood."""
    log = [*log, Synced(0), Synced(1)]
    assert crash_image(INITIAL, log, mood, Random(seed)) == plainly(log)


@given(log=logs)
def test_a_kill_without_a_power_cut_loses_nothing(log: list[Operation]) -> None:
    """The whole image holds everything that was done, synced or not."""
    assert whole_image(INITIAL, log) == plainly(log)


@given(before=changes, after=st.lists(writes, max_size=8), mood=moods, seed=seeds)
def test_damage_stays_within_the_unsynced_writes(
    before: list[Operation], after: list[Written], mood: Mood, seed: int
) -> None:
    """Bytes that no unsynced write covers are as they were synced, or zeros beyond the end."""
    log = [*before, Synced(0), Synced(1)]
    image = crash_image(INITIAL, [*log, *after], mood, Random(seed))
    for number, (name, durable) in enumerate(sorted(plainly(log).items())):
        touched = {
            at
            for one in after
            if one.file == number
            for at in range(one.offset, one.offset + len(one.data))
        }
        assert len(durable) <= len(image[name]) <= max({len(durable), *(at + 1 for at in touched)})
        for at, byte in enumerate(image[name]):
            if at not in touched:
                assert byte == (durable[at] if at < len(durable) else 0)


@given(seed=seeds)
def test_a_torn_write_is_old_or_new_or_garbled_by_sectors(seed: int) -> None:
    """A write is cut at the borders of sectors: within one all bytes share one fate."""
    log: list[Operation] = [Written(0, 100, b"N" * 1_400)]
    image = crash_image(INITIAL, log, Mood(whole=0.0, torn=1.0), Random(seed))["a"]
    assert image[:100] == OLD[:100]
    assert image[1_500:] == OLD[1_500:]
    for start, end in ((100, 512), (512, 1_024), (1_024, 1_500)):
        piece = image[start:end]
        same = {piece == OLD[start:end], piece == b"N" * (end - start)}
        assert True in same or len(set(piece)) > 20


def test_later_writes_may_arrive_before_earlier_ones() -> None:
    """Of two unsynced writes, in one file or in two, every subset turns up in some image."""
    for other in (0, 1):
        log: list[Operation] = [Written(0, 0, b"first"), Written(other, 4_096, b"second")]
        seen = set()
        for seed in range(200):
            image = crash_image(INITIAL, log, Mood(whole=0.5, torn=0.0), Random(seed))
            second = image["ab"[other]][4_096:] == b"second"
            seen.add((image["a"][:5] == b"first", second))
        assert seen == {(False, False), (False, True), (True, False), (True, True)}


def test_a_file_may_be_longer_than_what_arrived_of_it() -> None:
    """A write that did not arrive sometimes leaves zeros where it would have been."""
    log: list[Operation] = [Written(1, 0, b"x" * 5_000)]
    left = {crash_image(INITIAL, log, NOTHING, Random(seed))["b"] for seed in range(100)}
    assert left == {b"", bytes(5_000)}


def test_a_truncation_may_be_undone() -> None:
    """A file that was cut without a sync has its old bytes or not."""
    log: list[Operation] = [Truncated(0, 4)]
    half = Mood(whole=0.5, torn=0.5)
    left = {crash_image(INITIAL, log, half, Random(seed))["a"] for seed in range(50)}
    assert left == {OLD, b"old "}


def test_a_name_is_durable_with_its_directory_only() -> None:
    """A synced file without a synced name may be gone; afterwards it is always there."""
    log: list[Operation] = [Created(2, "c"), Written(2, 0, b"new"), Synced(2)]
    left = [crash_image(INITIAL, log, NOTHING, Random(seed)).get("c") for seed in range(50)]
    assert set(left) == {None, b"new"}
    for mood in MOODS:
        kept = crash_image(INITIAL, [*log, DirectorySynced()], mood, Random(1))
        assert kept["c"] == b"new"


def test_a_deleted_file_may_come_back() -> None:
    """A name taken away comes back with the old file, unless its directory was synced."""
    log: list[Operation] = [Deleted("a")]
    left = {"a" in crash_image(INITIAL, log, NOTHING, Random(seed)) for seed in range(50)}
    assert left == {True, False}
    assert "a" not in crash_image(INITIAL, [*log, DirectorySynced()], NOTHING, Random(1))
    assert "a" not in crash_image(INITIAL, log, EVERYTHING, Random(1))


def test_two_files_of_one_name_are_two() -> None:
    """After a deletion and a new file of the same name, no image mixes the bytes of the two."""
    log: list[Operation] = [Deleted("a"), Created(2, "a"), Written(2, 0, b"n" * 100), Synced(2)]
    left = {crash_image(INITIAL, log, NOTHING, Random(seed)).get("a") for seed in range(100)}
    assert left == {OLD, None, b"n" * 100}
