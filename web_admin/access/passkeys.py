"""The two ceremonies of passkeys (WebAuthn), as this site asks for them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

import webauthn
from flask import request
from webauthn.helpers import parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from gateway.config import WebSettings
from gateway.office.account import Account
from gateway.office.passkeys import CHALLENGE_MS, Ceremony, Passkey
from web_admin.access.current import web_settings
from web_admin.access.hosts import host_of, is_address
from web_admin.context import current_office

#: What a browser sends is a few hundred bytes; an attestation with certificates a few thousand.
ANSWER_BYTES_MAX: Final = 32 * 1024
_LOCALHOST: Final = "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a passkey of this site is bound to.

    Attributes:
        host: the host name, WebAuthn's relying party id.
        origin: scheme, host and port as the browser sees them.
    """

    host: str
    origin: str


def site_of(scheme: str, authority: str, settings: WebSettings) -> Site | None:
    """The site that a browser sees, where it can have passkeys.

    Browsers have them for host names under HTTPS, and for localhost on any port; never for an
    address in digits.

    Args:
        scheme: of the request.
        authority: its host and port.
        settings: the public address, if there is one.

    Returns:
        the site; None where password and code remain.
    """
    host = host_of(authority)
    if host == _LOCALHOST:
        return Site(host=_LOCALHOST, origin=f"{scheme}://{authority}")
    public = settings.public_url
    if public is None or not public.startswith("https://"):
        return None
    name = host_of(urlsplit(public).netloc)
    if host != name or is_address(name):
        return None
    return Site(host=name, origin=public.lower())


def current_site() -> Site | None:
    """The site of this request; None where there can be no passkeys."""
    return site_of(request.scheme, request.host, web_settings())


def login_options(site: Site) -> dict[str, Any]:
    """What a browser needs to ask for any passkey of this site.

    Raises:
        OfficeError: if the challenge cannot be kept.
    """
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=current_office().passkeys.challenge(Ceremony.LOG_IN, None),
        timeout=CHALLENGE_MS,
        # The authenticator checks its owner by finger, face or PIN: two factors in one.
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return cast("dict[str, Any]", json.loads(webauthn.options_to_json(options)))


def register_options(site: Site, account: Account) -> dict[str, Any]:
    """What a browser needs to make a passkey for an account.

    Raises:
        OfficeError: if the challenge cannot be kept.
    """
    office = current_office()
    known = office.passkeys.of_account(account.account_id)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name="Mohr",
        user_name=account.login,
        user_display_name=account.display_name,
        # Says nothing about the person, as the standard asks for.
        user_id=office.key.derive(f"passkeys of account {account.account_id}"),
        challenge=office.passkeys.challenge(Ceremony.REGISTER, account.account_id),
        timeout=CHALLENGE_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known
        ],
    )
    return cast("dict[str, Any]", json.loads(webauthn.options_to_json(options)))


def finish_login(site: Site, answer: dict[str, Any]) -> Account | None:
    """The account whose passkey answered; None where nothing of it is right.

    Raises:
        OfficeError: if the database fails.
    """
    office = current_office()
    challenge = _challenge_in(answer)
    passkey = _passkey_in(answer)
    if challenge is None or not office.passkeys.take_challenge(challenge, Ceremony.LOG_IN, None):
        return None
    if passkey is None:
        return None
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        # Strangers send anything; whatever cannot be verified is wrong, and no more is said.
        return None
    if not office.passkeys.note_use(passkey.passkey_id, verified.new_sign_count):
        return None
    account = office.accounts.get(passkey.account_id)
    return None if account is None or account.disabled else account


def finish_register(site: Site, account: Account, answer: dict[str, Any], name: str) -> bool:
    """Keep the passkey that a browser made.

    Returns:
        whether it answers our challenge, is bound to this site, and is new.

    Raises:
        OfficeError: if the database fails.
    """
    office = current_office()
    challenge = _challenge_in(answer)
    if challenge is None or not office.passkeys.take_challenge(
        challenge, Ceremony.REGISTER, account.account_id
    ):
        return False
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return False
    return office.passkeys.add(
        account.account_id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        uses=verified.sign_count,
        name=name,
    )


def _challenge_in(answer: dict[str, Any]) -> bytes | None:
    """The challenge that an answer says it answers; what it proves is checked afterwards."""
    try:
        text = answer["response"]["clientDataJSON"]
        return parse_client_data_json(webauthn.base64url_to_bytes(text)).challenge
    except (WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return None


def _passkey_in(answer: dict[str, Any]) -> Passkey | None:
    named = answer.get("rawId")
    if not isinstance(named, str):
        return None
    try:
        credential_id = webauthn.base64url_to_bytes(named)
    except ValueError:
        return None
    return current_office().passkeys.find(credential_id)
