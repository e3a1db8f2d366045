"""Learns whether the card keys open here without a person, as the gateway's service must open them.

Only the file is tried. A token counts wrong PINs and locks itself, so nobody tries one for a look.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.config import CardKeySettings
from gateway.crypto.keystore.opening import PASSPHRASE_VARIABLE, unattended_secret
from gateway.crypto.keystore.sealed_file import read_box
from gateway.doctor.facts import CardKeyFacts
from gateway.errors import KeyStoreError

CARD_KEYS_FILE: Final = "card-keys.box"


def card_key_facts(
    data_dir: Path, settings: CardKeySettings, environment: Mapping[str, str]
) -> CardKeyFacts | None:
    """Look for what opens the card keys, and open them, which takes half a second.

    Args:
        data_dir: the gateway's.
        settings: where they are.
        environment: of this process.

    Returns:
        what was learned; None where there are no card keys, or a token keeps them.
    """
    file = data_dir / CARD_KEYS_FILE
    if settings.store != "file" or not file.exists():
        return None
    has_secret = True
    try:
        secret = unattended_secret(environment, PASSPHRASE_VARIABLE)
        has_secret = secret is not None
        versions = () if secret is None else read_box(file, secret)
    except KeyStoreError as error:
        return CardKeyFacts(has_secret=has_secret, fault=str(error))
    return CardKeyFacts(
        has_secret=has_secret, retired=tuple(one.version for one in versions if one.retired)
    )
