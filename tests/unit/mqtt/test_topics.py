"""Topic names: made, taken apart, and never anybody else's."""

from __future__ import annotations

import hashlib
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqtt.topics import (
    FROM_TERMINAL,
    TO_TERMINAL,
    Leaf,
    TopicName,
    gateway_subscriptions,
    matches,
    parse_topic,
    shard_of,
    terminal_subscriptions,
    topic,
    topic_auth,
    topic_cfg,
    topic_rx,
    topic_state,
    topic_tx,
)

EDGE = string.ascii_lowercase + string.digits
terminals = st.builds(
    lambda head, middle, tail: head + middle + tail,
    st.sampled_from(EDGE),
    st.text(EDGE + "-", max_size=30),
    st.sampled_from(EDGE),
)
levels = st.text("ab+#$/", max_size=8)


def test_topics_of_one_terminal() -> None:
    """The five topics are spelled as the design says, the shard taken from SHA-256."""
    shard = hashlib.sha256(b"till-1").hexdigest()[:2]
    assert topic_tx("till-1") == f"mohr/v1/{shard}/till-1/tx"
    assert topic_auth("till-1") == f"mohr/v1/{shard}/till-1/auth"
    assert topic_rx("till-1") == f"mohr/v1/{shard}/till-1/rx"
    assert topic_cfg("till-1") == f"mohr/v1/{shard}/till-1/cfg"
    assert topic_state("till-1") == f"mohr/v1/{shard}/till-1/state"
    assert terminal_subscriptions("till-1") == (topic_rx("till-1"), topic_cfg("till-1"))


@given(terminals, st.sampled_from(Leaf))
def test_parse_is_the_inverse_of_topic(terminal: str, leaf: Leaf) -> None:
    """Every topic that can be made is taken apart into what it was made of."""
    assert parse_topic(topic(terminal, leaf)) == TopicName(terminal=terminal, leaf=leaf)


@given(terminals)
def test_each_end_hears_what_the_other_says(terminal: str) -> None:
    """The gateway's filters cover what a terminal publishes and nothing it listens to."""
    for leaf in Leaf:
        covered = any(matches(one, topic(terminal, leaf)) for one in gateway_subscriptions())
        assert covered == (leaf in FROM_TERMINAL)
        assert (topic(terminal, leaf) in terminal_subscriptions(terminal)) == (leaf in TO_TERMINAL)


@given(terminals, st.sampled_from(Leaf))
def test_a_wrong_shard_is_foreign(terminal: str, leaf: Leaf) -> None:
    """A terminal's message under another shard is not taken for ours."""
    right = int(shard_of(terminal), 16)
    wrong = f"{right ^ 1:02x}"
    assert parse_topic(f"mohr/v1/{wrong}/{terminal}/{leaf}") is None


@pytest.mark.parametrize("name", ["", "Till", "a/b", "a+", "#", "-a", "a-", "a" * 33, "تیل", "a\n"])
def test_names_that_would_change_the_meaning_are_refused(name: str) -> None:
    """What is no machine name makes no topic and is found in none."""
    with pytest.raises(ValueError, match="must be 1 to 32"):
        topic_tx(name)
    assert parse_topic(f"mohr/v1/{shard_of(name)}/{name}/tx") is None


@given(st.text(max_size=60))
def test_parse_never_raises(name: str) -> None:
    """Any text at all is either one of ours or None."""
    parsed = parse_topic(name)
    assert parsed is None or topic(parsed.terminal, parsed.leaf) == name


@pytest.mark.parametrize(
    ("topic_filter", "name", "covered"),
    [
        # The examples of MQTT 5 sections 4.7.1.2, 4.7.1.3 and 4.7.2.
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/broker", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/broker", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        ("ACCOUNTS", "Accounts", False),
    ],
)
def test_filters_cover_what_the_specification_says(
    topic_filter: str,
    name: str,
    covered: bool,  # noqa: FBT001 - a column of the table
) -> None:
    """The specification's own examples of topic filters come out as it says."""
    assert matches(topic_filter, name) is covered


@given(levels.filter(lambda text: "+" not in text and "#" not in text))
def test_a_filter_without_wildcards_covers_itself_alone(name: str) -> None:
    """Without wildcards a filter is a plain comparison."""
    assert matches(name, name)
    assert not matches(name, name + "x")
