"""An MQTT broker inside this process, for demonstrations and tests: amqtt in a thread of its own.

Not for a shop. It listens on loopback without asking who is there, keeps everything in memory,
speaks MQTT 3.1.1 only, forgets a delivery that was not acknowledged within 5 seconds, keeps no
session of a client that is away, and hands each client that connects every retained message it
holds. Mohr loses nothing over such a broker, because it trusts none: receipts decide.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

import structlog

from mqtt.link import LinkError

if TYPE_CHECKING:
    from amqtt.broker import Broker

LOOPBACK: Final = "127.0.0.1"

#: A broker that has not opened or closed its listener by then never will.
_PATIENCE_S: Final = 20.0

_log = structlog.get_logger("mqtt.embedded")


class EmbeddedBroker:
    """A broker that lives as long as this object is started.

    Stopping it forgets every session, queue and retained message, so ``stop`` and ``start`` are
    what a broker without a disk does in a power cut. The port stays the same across both.

    Args:
        port: where to listen on 127.0.0.1; 0 takes a free port at the first start.
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop_asked: asyncio.Event | None = None
        self._settled = threading.Event()
        self._listening = False
        self._failure: Exception | None = None

    @property
    def host(self) -> str:
        """The loopback address it listens on."""
        return LOOPBACK

    @property
    def port(self) -> int:
        """The port it listens on; 0 before the first start without a given port."""
        return self._port

    def start(self) -> None:
        """Listen; returns once clients can connect.

        Raises:
            LinkError: if amqtt is not installed, the port is taken, or it is started already.
        """
        if self._thread is not None:
            raise LinkError("the embedded broker is started already")
        _require_amqtt()
        self._settled.clear()
        self._listening = False
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="mqtt-broker", daemon=True)
        self._thread.start()
        self._settled.wait(_PATIENCE_S)
        if not self._listening:
            self.stop()
            where = f"{LOOPBACK}:{self._port}"
            raise LinkError(f"the embedded broker cannot listen on {where}") from self._failure

    def stop(self) -> None:
        """Throw every client out and forget everything. Does nothing where it is not started."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop, stop_asked = self._loop, self._stop_asked
        if loop is not None and stop_asked is not None and not loop.is_closed():
            loop.call_soon_threadsafe(stop_asked.set)
        thread.join(_PATIENCE_S)
        if thread.is_alive():
            raise LinkError("the embedded broker does not stop")

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                runner.run(self._serve())
        except Exception as error:  # noqa: BLE001 - handed to the thread that waits in start()
            self._failure = error
            _log.warning("embedded broker failed", error=type(error).__name__)
        finally:
            self._settled.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(_note_quietly)
        self._stop_asked = asyncio.Event()
        writers: set[asyncio.StreamWriter] = set()
        broker = _broker(self._port, writers)
        await broker.start()
        self._port = _bound_port(broker)
        self._listening = True
        self._settled.set()
        await self._stop_asked.wait()
        # amqtt cancels its readers and waits for them to notice; on Python 3.11 a reader that is
        # just being given a packet misses the cancellation, so the clients are cut off first.
        for writer in writers:
            writer.transport.abort()
        await asyncio.wait_for(broker.shutdown(), _PATIENCE_S)


def _broker(port: int, writers: set[asyncio.StreamWriter]) -> Broker:
    """Make a broker that keeps its open connections in ``writers``."""
    from amqtt.broker import Broker  # noqa: PLC0415 - an optional extra, loaded when used

    class TrackedBroker(Broker):  # type: ignore[misc] # amqtt has no type information
        async def stream_connected(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
        ) -> None:
            writers.add(writer)
            try:
                await super().stream_connected(reader, writer, listener_name)
            finally:
                writers.discard(writer)
                # amqtt leaves the connection open where it could not read the CONNECT.
                writer.transport.abort()

    return TrackedBroker(_configuration(port))


def _require_amqtt() -> None:
    try:
        import amqtt.broker  # noqa: F401, PLC0415 - an optional extra, loaded when used
    except ImportError as error:
        raise LinkError(
            "the embedded broker needs the package amqtt: install mohr[demo], "
            "or run Mosquitto with the files of `mohr broker config`"
        ) from error
    # amqtt logs each strange client with a stack trace; the link says the same in one line.
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)


def _configuration(port: int) -> dict[str, Any]:
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
        "plugins": {
            "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True},
        },
    }


def _bound_port(broker: Broker) -> int:
    # amqtt has no public way to ask which port the system gave it.
    server = broker._servers["default"].instance  # noqa: SLF001 - see above
    return int(server.sockets[0].getsockname()[1])


def _note_quietly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Take a fault of one client's connection, which amqtt leaves to the event loop."""
    error = context.get("exception")
    if isinstance(error, asyncio.CancelledError):
        return  # the broker is stopping
    _log.debug("a client's connection failed", error=type(error).__name__)
