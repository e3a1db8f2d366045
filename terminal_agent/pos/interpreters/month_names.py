"""Names of months as tills print them, folded (``folding.fold``). Data only."""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.interpreters.folding import fold

_GREGORIAN: Final = """
    january jan januar janner janvier janv enero ene gennaio gen januari styczen stycznia
        sty ocak oca janeiro января янв يناير ژانویه
    february feb februar febr fevrier fevr febrero febbraio februari luty lutego lut subat
        sub fevereiro fev февраля фев فبراير فوریه
    march mar marz mrz mars marzo maart mrt marzec marca mart marco марта мар مارس
    april apr avril avr abril abr aprile kwiecien kwietnia kwi nisan nis апреля апр أبريل
        آوریل
    may mai mayo maggio mag mei maj maja mayis maio мая مايو مه
    june jun juni juin junio giugno giu czerwiec czerwca cze haziran haz junho июня июн
        يونيو ژوئن
    july jul juli juillet juil julio luglio lug lipiec lipca lip temmuz tem julho июля июл
        يوليو ژوئیه
    august aug aout agosto ago augustus sierpien sierpnia sie agustos agu августа авг أغسطس
        اوت
    september sep sept septembre septiembre set settembre wrzesien wrzesnia wrz eylul eyl
        setembro сентября сен سبتمبر سپتامبر
    october oct oktober okt octobre octubre ottobre ott pazdziernik pazdziernika paz ekim
        eki outubro out октября окт أكتوبر اکتبر
    november nov novembre noviembre listopad listopada lis kasim kas novembro ноября ноя
        نوفمبر نوامبر
    december dec dezember dez decembre diciembre dic dicembre grudzien grudnia gru aralik
        ara dezembro декабря дек ديسمبر دسامبر
"""
_JALALI: Final = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور",
    "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip


def _months() -> dict[str, int]:
    months: dict[str, int] = {}
    number = 0
    for line in _GREGORIAN.strip().splitlines():
        # A line indented further goes on with the month above it.
        number += not line.startswith("        ")
        months.update(dict.fromkeys(map(fold, line.split()), number))
    return months


#: Folded names and abbreviations of Gregorian months, to 1 to 12.
GREGORIAN_MONTHS: Final = _months()
#: Folded names of Jalali months, to 1 to 12.
JALALI_MONTHS: Final = {fold(name): number for number, name in enumerate(_JALALI, start=1)}
