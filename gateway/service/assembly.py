"""Puts a gateway together from its data directory and a link. The one place where that happens."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from types import TracebackType
from typing import Self

from gateway.clock import Clock
from gateway.config import GatewaySettings, LimitSettings
from gateway.crypto.file_signer import FileSigner
from gateway.ledger.sql_store import SqlLedgerStore
from gateway.notifier import Notifier
from gateway.service.admin_socket import AdminSocket
from gateway.service.card_office import card_check, open_card_office
from gateway.service.code_office import open_code_post, open_code_sender, open_codes
from gateway.service.core import GatewayCore
from gateway.service.data_dir import DataDir, DataLock, open_phone_key, read_card_key
from gateway.service.greeting import NOBODY_KNOWN, KnownPeople
from gateway.service.member_ids import random_member_id
from gateway.service.runner import GatewayService, ServiceSettings
from gateway.writer.card_check import nobody_proven
from gateway.writer.settings import WriterSettings
from gateway.writer.writer import Writer
from mqtt.link import Link


class RunningGateway(AbstractContextManager["RunningGateway"]):
    """A started gateway; leaving its context stops it and gives every file back.

    Attributes:
        service: the service, to wait on.
    """

    def __init__(
        self,
        data_dir: DataDir,
        settings: GatewaySettings,
        link: Link,
        clock: Clock,
        notifier: Notifier,
        *,
        people: KnownPeople = NOBODY_KNOWN,
    ) -> None:
        """Open everything and start.

        Args:
            data_dir: as ``mohr gateway init`` made it.
            settings: bounds and waiting times.
            link: the session with the broker, not started yet.
            clock: the time.
            notifier: whom to tell.
            people: what a back office knows of people; nobody where there is none.

        Raises:
            ConfigError: if another process uses the directory.
            KeyStoreError: if a key cannot be read.
            LedgerError: if the ledger cannot be opened.
        """
        limits = settings.limits
        with ExitStack() as stack:
            stack.enter_context(DataLock(data_dir))
            signer = FileSigner.load(data_dir.signing_key)
            card_key = read_card_key(data_dir)
            store = SqlLedgerStore(data_dir.ledger_place(settings))
            stack.callback(store.close)
            cards = open_card_office(data_dir, settings.card_keys, os.environ, clock, stack)
            sender = open_code_sender(data_dir, settings.codes, os.environ, clock)
            post = open_code_post(sender, people, notifier, clock, stack)
            codes = open_codes(post, store, people, card_key)
            writer = Writer(
                store,
                new_member_id=random_member_id,
                settings=_writer_settings(limits),
                acquaintance=people.acquaintance,
                check_card=card_check(cards, card_key, open_phone_key(data_dir)),
                is_proven=nobody_proven if codes is None else codes.is_proven,
            )
            core = GatewayCore(
                store,
                writer,
                signer,
                card_key=card_key,
                greet=people.greet,
                cards=replace(cards, codes=codes),
            )
            self.service = GatewayService(
                core,
                link,
                clock,
                notifier,
                ServiceSettings(
                    backlog_deliveries=limits.backlog_deliveries,
                    backlog_bytes=limits.backlog_bytes,
                    verify_threads=limits.verify_threads,
                    transactions_per_commit=limits.transactions_per_commit,
                ),
            )
            stack.callback(self.service.stop)
            socket = AdminSocket(data_dir.socket, self.service.administer)
            stack.callback(socket.stop)
            self.service.start()
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


def _writer_settings(limits: LimitSettings) -> WriterSettings:
    return WriterSettings(
        future_tolerance_ms=limits.future_tolerance_ms,
        reorder_timeout_ms=limits.reorder_timeout_ms,
    )
