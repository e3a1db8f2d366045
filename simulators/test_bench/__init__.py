"""Simulated counters inside a gateway in test mode: the whole product without hardware.

Each counter is a real agent on a thread of its own, with its journal on the disk, its link to the
broker and its till's line on a pseudo-terminal; simulated are the cards, the reader and the
printer. A gateway finds the bench by the entry point ``mohr.test_bench``, which names
``simulators.test_bench.open:open_test_bench``::

    open_test_bench(
        *,
        folder: Path,                           # <data_dir>/test-bench, made when it is needed
        gateway: PublicKey,                     # the gateway's own, pinned by every counter
        card_key: bytes,                        # turns a card of the tray into its token
        phone_key: bytes,                       # draws the codes of its phones
        broker: tuple[str, int],                # host and port, without TLS
        currency: Currency,                     # of the programme
        execute: Callable[[Command], Reply],    # the way to the one writer, for AddTerminal
        clock: Clock,
        organisation: Callable[[], Organisation],   # how the displays look
    ) -> AbstractContextManager[TestBench]

Entering it starts the counters that are known from earlier, without waiting for them; leaving it
stops all of them. The gateway must be running by then, and must still run while it is left.

Reading order: ``counter`` (one of them), ``screen`` (its display), ``cards`` (the tray), ``paper``
(the till's receipts), ``bench`` (all of it, behind the port), ``open``.
"""
