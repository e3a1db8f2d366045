"""What every way to a phone keeps: the folder's, and a webhook to a server of the test's own."""

from __future__ import annotations

import json
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from gateway.codes.folder import FolderSender, read_folder
from gateway.codes.sender import CodeMessage, CodeSender, CodeSendError
from gateway.codes.standard_webhook import WebhookSecret, signed_headers
from gateway.codes.webhook import WebhookSender
from gateway.codes.words import message_of
from gateway.crypto.tls_certificates import CertificateRole, issue_certificate, make_authority
from gateway.formatting.numbers import Language
from gateway.system_clock import SystemClock
from simulators.clock import VirtualClock

START_MS = 1_800_000_000_000
NUMBER = "989121234567"
SECRET = WebhookSecret(key=bytes(range(32)))


def message(code: str, language: Language = Language.EN) -> CodeMessage:
    """A message with a code in it."""
    return message_of(code, NUMBER, organisation="کافه Mohr", language=language, minutes=5)


class Receiver(AbstractContextManager["Receiver"]):
    """A server on loopback that takes requests and answers as it is told.

    Attributes:
        status: of the next answers.
        location: where the next answers send on to.
        silent: whether it takes a request and never answers.
        bodies: what came.
        headers: of what came.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.status, self.location, self.silent = 204, "", False
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.take(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the same
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def take(self, request: BaseHTTPRequestHandler) -> None:
        """Note a request, and answer it."""
        self.bodies.append(request.rfile.read(int(request.headers["content-length"])))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.silent:
            self.released.wait(20)
            return
        request.send_response(self.status)
        if self.location:
            request.send_header("Location", self.location)
        request.send_header("Content-Length", "0")
        request.end_headers()

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class Phone(ABC):
    """A sender, and what arrived at the other end of it."""

    sender: CodeSender

    @abstractmethod
    def arrived(self) -> list[tuple[str, str, str, str]]:
        """Each message's number, code, text and language, in order."""

    @abstractmethod
    def break_(self) -> None:
        """Let the next message fail."""


class FolderPhone(Phone):
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "codes"
        self.sender = FolderSender(self.folder, VirtualClock(unix_ms=START_MS))

    def arrived(self) -> list[tuple[str, str, str, str]]:
        """See ``Phone``."""
        return [
            (one.to, one.code, one.text, one.language.value)
            for _, one in read_folder(self.folder, 99)
        ]

    def break_(self) -> None:
        """Put a file in the folder's place."""
        self.folder.write_bytes(b"")


class WebhookPhone(Phone):
    """The webhook."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        url = f"http://127.0.0.1:{receiver.port}/send?shop=1"
        self.sender = WebhookSender(url, SECRET, VirtualClock(unix_ms=START_MS))

    def arrived(self) -> list[tuple[str, str, str, str]]:
        """See ``Phone``."""
        told = [json.loads(body) for body in self.receiver.bodies]
        return [
            (one["to"].removeprefix("+"), one["code"], one["text"], one["language"]) for one in told
        ]

    def break_(self) -> None:
        """Refuse."""
        self.receiver.status = 500


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that listens."""
    with Receiver() as server:
        yield server


@pytest.fixture(params=["folder", "webhook"])
def phone(request: pytest.FixtureRequest, tmp_path: Path, receiver: Receiver) -> Phone:
    """Each way in turn."""
    return FolderPhone(tmp_path) if request.param == "folder" else WebhookPhone(receiver)


@pytest.mark.parametrize("language", Language)
def test_messages_arrive_whole_and_in_order(phone: Phone, language: Language) -> None:
    """Number, code, text and language arrive as they were, in any script."""
    sent = [message(f"{number:06d}", language) for number in range(3)]
    for one in sent:
        phone.sender.send(one)
    assert phone.arrived() == [(one.to, one.code, one.text, one.language.value) for one in sent]
    assert all(one.code in one.text for one in sent)


def test_what_is_not_taken_is_said_without_the_secret(phone: Phone) -> None:
    """A failure is one named fault, which holds neither the code nor the number."""
    phone.break_()
    with pytest.raises(CodeSendError) as caught:
        phone.sender.send(message("271828"))
    assert "271828" not in str(caught.value)
    assert "9121234567" not in str(caught.value)


def test_a_folders_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Folder and files can be read by nobody else, and old ones make way."""
    phone = FolderPhone(tmp_path)
    for number in range(203):
        phone.sender.send(message(f"{number:06d}"))
    files = sorted(phone.folder.iterdir())
    assert len(files) == 200
    assert phone.folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert read_folder(phone.folder, 1)[0][1].code == "000202"


def test_a_webhook_is_signed(receiver: Receiver) -> None:
    """The receiver can tell who sent the bytes, and when, by the secret that both know."""
    WebhookPhone(receiver).sender.send(message("271828"))
    (headers,), (body,) = receiver.headers, receiver.bodies
    wanted = signed_headers(
        SECRET, message_id=headers["webhook-id"], at_s=START_MS // 1_000, body=body
    )
    assert {name: headers[name] for name in wanted} == dict(wanted)
    assert headers["content-type"] == "application/json; charset=utf-8"


def test_a_code_follows_no_redirection(receiver: Receiver) -> None:
    """Whoever answers with another address is not obeyed: nothing is sent there."""
    with Receiver() as other:
        receiver.status, receiver.location = 307, f"http://127.0.0.1:{other.port}/"
        with pytest.raises(CodeSendError, match="answered 307"):
            WebhookPhone(receiver).sender.send(message("271828"))
        assert other.bodies == []


def test_a_silent_receiver_is_left(receiver: Receiver) -> None:
    """Somebody who takes a message and never answers costs so long and no more."""
    receiver.silent = True
    url = f"http://127.0.0.1:{receiver.port}/"
    sender = WebhookSender(url, SECRET, VirtualClock(unix_ms=START_MS), timeout_s=0.2)
    with pytest.raises(CodeSendError, match="no answer in time"):
        sender.send(message("271828"))


def test_a_certificate_is_checked(tmp_path: Path) -> None:
    """Over TLS only a server whose certificate an authority vouches for gets a code."""
    # TLS reads the machine's clock, whatever clock we have.
    now_ms = SystemClock().unix_ms()
    authority = make_authority("test", at_ms=now_ms)
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key"
    issue_certificate(
        authority, "test", CertificateRole.SERVER, hosts=("localhost",), at_ms=now_ms
    ).save(certificate, key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    clock = VirtualClock(unix_ms=START_MS)
    with Receiver(context) as server:
        url = f"https://localhost:{server.port}/"
        with pytest.raises(CodeSendError, match="certificate"):
            WebhookSender(url, SECRET, clock).send(message("271828"))
        assert server.bodies == []
        trusted = ssl.create_default_context(cadata=authority.certificate_pem.decode())
        WebhookSender(url, SECRET, clock, tls=trusted).send(message("271828"))
        assert len(server.bodies) == 1
