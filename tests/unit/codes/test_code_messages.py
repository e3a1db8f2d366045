"""What is sent, to which address it may go, and how it is signed."""

from __future__ import annotations

import pytest

from gateway.codes.sender import CodeMessage
from gateway.codes.standard_webhook import WebhookSecret, signed_headers
from gateway.codes.webhook import checked_url
from gateway.codes.words import message_of
from gateway.errors import ConfigError, ValueRangeError
from gateway.formatting.numbers import Language

NUMBER = "989121234567"


def test_the_published_signature() -> None:
    """The vector of the Standard Webhooks libraries: one secret, id, time and body."""
    secret = WebhookSecret.from_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed_headers(
        secret,
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at_s=1_614_265_330,
        body=b'{"test": 2432232314}',
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("text", ["whsec_!!!!", "whsec_MfKQ9r8GKYqrTw==", "کلید", "MfKQ9"])
def test_what_is_no_secret_is_refused_unseen(text: str) -> None:
    """A secret that is too short or no base64 is refused, and stands in no message."""
    with pytest.raises(ValueRangeError) as caught:
        WebhookSecret.from_text(text)
    assert text.removeprefix("whsec_") not in str(caught.value)


def test_an_empty_secret_is_none() -> None:
    """What was left empty by mistake signs nothing."""
    with pytest.raises(ValueRangeError):
        WebhookSecret.from_text("whsec_")


@pytest.mark.parametrize(
    "url",
    [
        "https://sms.example/send?shop=1",
        "https://sms.example:8443/",
        "http://127.0.0.1:9000/",
        "http://[::1]:9000/",
        "http://localhost/send",
    ],
)
def test_addresses_that_codes_may_go_to(url: str) -> None:
    """TLS to anywhere; without it this machine alone."""
    assert checked_url(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "http://sms.example/send",
        "http://10.0.0.1/",
        "http://127.0.0.1.sms.example/",
        "ftp://sms.example/",
        "https:///send",
        "https://user:word@sms.example/",
        "https://sms.example:99999/",
        "https://sms.example/#part",
        "sms.example",
    ],
)
def test_addresses_that_codes_may_not_go_to(url: str) -> None:
    """Anything else is refused, and stands in no message."""
    with pytest.raises(ConfigError) as caught:
        checked_url(url)
    assert "sms.example" not in str(caught.value)


@pytest.mark.parametrize(
    ("language", "minutes"), [(Language.FA, "۵ دقیقه"), (Language.EN, "5 minutes")]
)
def test_a_message_says_whose_what_and_how_long(language: Language, minutes: str) -> None:
    """The shop's name, the code on a line of its own, and how long it counts."""
    made = message_of("012345", NUMBER, organisation="کافه", language=language, minutes=5)
    assert "کافه" in made.text
    assert made.text.splitlines()[1] == "012345"
    assert minutes in made.text


def test_a_message_keeps_its_secrets() -> None:
    """Neither the code nor the number nor the text is seen where a message is printed."""
    made = CodeMessage(to=NUMBER, code="271828", text="271828", language=Language.EN)
    assert "271828" not in repr(made)
    assert NUMBER not in repr(made)
