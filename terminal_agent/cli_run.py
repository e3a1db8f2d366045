"""``mohr terminal run``: wires an agent together and runs it."""

from __future__ import annotations

import random
import secrets
import signal
import sys
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Final

from gateway.clock import Clock
from gateway.crypto.public_key import PublicKey
from gateway.formatting.numbers import Language, MoneyUnit
from gateway.heap import set_start_aside
from gateway.logs import log_to_stderr
from gateway.readers.feedback import feedback_of
from gateway.readers.reader import Reader
from gateway.system_clock import SystemClock
from mqtt.paho_link import PahoLink
from mqtt.settings import LinkSettings
from mqtt.topics import terminal_subscriptions
from terminal_agent.agent import Agent
from terminal_agent.agent_ports import AgentOptions, AgentPorts, agent_will
from terminal_agent.card_keys import HeldCardKeys, HeldIssuers
from terminal_agent.cli_till import NONE, open_till
from terminal_agent.config import AgentSettings, load_settings
from terminal_agent.control_socket import SOCKET_NAME
from terminal_agent.customer_display.page import CustomerDisplay, PageSettings
from terminal_agent.display import ConsoleDisplay, Display, EveryDisplay
from terminal_agent.feedback_display import FeedbackDisplay
from terminal_agent.identity import TerminalIdentity, load_gateway_identity, load_identity
from terminal_agent.journal.journal import Journal
from terminal_agent.journal.values import JournalSettings
from terminal_agent.runtime import Runtime, RuntimePorts
from terminal_agent.texts.catalogue import load_texts

_SESSION_NUMBER_BYTES: Final = 8


def run_agent(data_dir: Path, passphrase: str | None) -> None:
    """Run the agent of a data directory until SIGTERM or SIGINT.

    Args:
        data_dir: as ``mohr terminal init`` made it.
        passphrase: of the keys, where they have one.

    Raises:
        MohrError: if anything is missing or wrong, or the agent met a fault.
    """
    # Standard output is the counter display; logs must not get between its lines.
    log_to_stderr()
    settings = load_settings(data_dir)
    identity = load_identity(data_dir, passphrase)
    path = settings.journal_path(identity.epoch)
    with ExitStack() as stack:
        display = _display(settings, stack)
        journal = stack.enter_context(
            Journal.open(path, settings=journal_settings(settings, identity))
        )
        runtime = _assemble(settings, identity, journal, display)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: runtime.request_stop())
        set_start_aside()
        runtime.run(lambda: print(f"mohr terminal {identity.terminal}: ready", flush=True))  # noqa: T201 - the line that whoever started us waits for
    print(f"mohr terminal {identity.terminal}: stopped", flush=True)  # noqa: T201 - its counterpart


def journal_settings(settings: AgentSettings, identity: TerminalIdentity) -> JournalSettings:
    """What the journal of this terminal must be told."""
    return JournalSettings(
        terminal=identity.terminal,
        epoch=identity.epoch,
        public_key=identity.public_key,
        reserve_bytes=settings.journal.reserve_bytes,
        archive_bytes_max=settings.journal.archive_bytes_max,
    )


def _assemble(
    settings: AgentSettings, identity: TerminalIdentity, journal: Journal, display: Display
) -> Runtime:
    clock = SystemClock()
    session_number = secrets.token_hex(_SESSION_NUMBER_BYTES)
    link = PahoLink(_link_settings(settings, identity, session_number))
    card_keys = HeldCardKeys()
    issuers = HeldIssuers(settings.reader_settings().codes.issuers)
    reader = _reader(settings, clock, card_keys, issuers)
    if reader is not None:
        display = EveryDisplay(display, _feedback(settings, reader))
    till, till_port = (None, None) if settings.pos.device == NONE else open_till(settings, clock)
    pinned = load_gateway_identity(settings.at(settings.gateway_identity))
    agent = Agent(
        AgentPorts(
            identity=identity,
            gateway=PublicKey.from_cose_key(pinned.public_key),
            journal=journal,
            link=link,
            display=display,
            till=till,
            clock=clock,
            random_bytes=secrets.token_bytes,
            random_unit=random.SystemRandom().random,
            card_keys=card_keys,
            issuers=issuers,
        ),
        AgentOptions(
            currency=settings.currency,
            waits=settings.session_settings(),
            outbox=settings.outbox_settings(),
            session_number=session_number,
            has_reader=reader is not None,
            asks_offers=settings.pos.offers == "ask",
            claim_days=settings.pos.claim_days,
            version=version("mohr"),
        ),
    )
    return Runtime(
        RuntimePorts(
            agent=agent,
            link=link,
            reader=reader,
            till_port=till_port,
            display=display,
            clock=clock,
            control_path=settings.data_dir / SOCKET_NAME,
        )
    )


def _link_settings(
    settings: AgentSettings, identity: TerminalIdentity, session_number: str
) -> LinkSettings:
    return LinkSettings(
        host=settings.broker.host,
        port=settings.broker.port,
        client_id=identity.terminal,
        subscriptions=terminal_subscriptions(identity.terminal),
        will=agent_will(identity.terminal, session_number),
        version=settings.broker.mqtt,
        tls=settings.tls_settings(),
    )


def _display(settings: AgentSettings, stack: ExitStack) -> Display:
    """The console, and the customer's page where one is wanted."""
    unit = _unit(settings)
    texts = load_texts(Language(settings.display.language))
    console = ConsoleDisplay(sys.stdout, texts, unit)
    port = settings.display.page_port
    if port == NONE:
        return console
    page = CustomerDisplay(PageSettings(port=port, texts=texts, unit=unit, brand=settings.brand()))
    stack.enter_context(page)
    if page.address is not None:
        print(f"customer display: {page.address}", flush=True)  # noqa: T201 - with port 0 nobody could know it
    # The page first: a console that cannot be written must not keep words from the customer.
    return EveryDisplay(page, console)


def _reader(
    settings: AgentSettings, clock: Clock, card_keys: HeldCardKeys, issuers: HeldIssuers
) -> Reader | None:
    if settings.reader.backend == NONE:
        return None
    # Imported here: a terminal without a reader needs no card code.
    from gateway.readers.registry import open_reader  # noqa: PLC0415 - see above

    return open_reader(
        settings.reader.backend, settings.reader_settings(), clock, card_keys, issuers
    )


def _feedback(settings: AgentSettings, reader: Reader) -> Display:
    """The reader's own lamp, buzzer and display; a reader without them shows nothing."""
    texts = load_texts(Language(settings.display.language))
    return FeedbackDisplay(feedback_of(reader), texts, _unit(settings))


def _unit(settings: AgentSettings) -> MoneyUnit:
    return MoneyUnit.TOMAN if settings.display.amounts == "toman" else MoneyUnit.CURRENCY
