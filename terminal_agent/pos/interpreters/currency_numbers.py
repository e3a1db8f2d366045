"""Currencies by the numbers that card terminals send (ISO 4217, numeric codes)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Of the countries whose terminals speak a protocol that is read here, and their neighbours.
_CODES: Final[Mapping[str, str]] = {
    "008": "ALL", "012": "DZD", "032": "ARS", "036": "AUD", "048": "BHD", "050": "BDT",
    "051": "AMD", "068": "BOB", "096": "BND", "116": "KHR", "124": "CAD", "144": "LKR",
    "152": "CLP", "156": "CNY", "170": "COP", "188": "CRC", "203": "CZK", "208": "DKK",
    "344": "HKD", "348": "HUF", "352": "ISK", "356": "INR", "360": "IDR", "364": "IRR",
    "368": "IQD", "376": "ILS", "392": "JPY", "398": "KZT", "400": "JOD", "404": "KES",
    "410": "KRW", "414": "KWD", "417": "KGS", "418": "LAK", "422": "LBP", "434": "LYD",
    "458": "MYR", "484": "MXN", "498": "MDL", "504": "MAD", "512": "OMR", "524": "NPR",
    "554": "NZD", "566": "NGN", "578": "NOK", "586": "PKR", "600": "PYG", "604": "PEN",
    "608": "PHP", "634": "QAR", "643": "RUB", "682": "SAR", "702": "SGD", "704": "VND",
    "710": "ZAR", "752": "SEK", "756": "CHF", "760": "SYP", "764": "THB", "784": "AED",
    "788": "TND", "807": "MKD", "818": "EGP", "826": "GBP", "840": "USD", "858": "UYU",
    "860": "UZS", "901": "TWD", "934": "TMT", "941": "RSD", "944": "AZN", "946": "RON",
    "949": "TRY", "952": "XOF", "950": "XAF", "953": "XPF", "971": "AFN", "972": "TJS",
    "975": "BGN", "977": "BAM", "978": "EUR", "980": "UAH", "981": "GEL", "985": "PLN",
    "986": "BRL",
}  # fmt: skip


def currency_of_number(number: str) -> str:
    """Return the alphabetic code of a three-digit number.

    A number that is not known comes back as it is: it equals no profile's currency, so nothing is
    counted in the wrong one.
    """
    return _CODES.get(number, number)
