"""The words tills print, by what they mean. Data only; a profile adds to it or replaces it.

Words are matched after folding (``folding.fold``): case, accents, punctuation and the several
Arabic forms of one letter do not matter. Latin, Cyrillic and Arabic words match whole words,
Chinese, Japanese and Korean ones anywhere with blanks left out (tills pad ``合 计``).
"""

from __future__ import annotations

from typing import Final

from terminal_agent.pos.words import WordKind


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


BUILT_IN: Final[dict[WordKind, tuple[str, ...]]] = {
    WordKind.STRONG_TOTAL: _words(
        """
        grand total, total due, amount due, balance due, total to pay, to pay, amount payable,
        total payable, total ttc, montant ttc, net a payer, reste a payer, total a payer, a payer,
        zu zahlen, zahlbetrag, endbetrag, endsumme, rechnungsbetrag, gesamtbetrag, gesamtsumme,
        te betalen, totale complessivo, importo pagato, totale euro, a pagar, total a pagar,
        do zaplaty, к оплате, итого к оплате, odenecek tutar, genel toplam, πληρωτεο, قابل پرداخت,
        مبلغ قابل پرداخت, جمع قابل پرداخت, مبلغ نهایی, جمع نهایی, المبلغ المستحق, الإجمالي شامل,
        المجموع الكلي, 총합계, 결제금액, 청구금액, 받을금액, 应付, 应收, 应付金额, 应收金额,
        应支付, 实付, 实付金额, 实际支付, 支付金额, 合计支付, 實付,
        总合计, 合計金額, お会計, お支払い, 御会計, 應付, 應收, balance to pay, bill total,
        net payable
        """
    ),
    WordKind.TOTAL: _words(
        """
        total, totals, totale, totaal, summe, gesamt, suma, razem, toplam, tutar, итог, итого,
        всего, celkem, osszesen, συνολο, total sale, sale total, order total, after discount,
        nach rabatt, جمع کل, مبلغ کل, جمع, جمع فاکتور, مجموع, پس از تخفیف, المجموع, الإجمالي,
        اجمالي, 합계, 총액, 총금액, 合计, 合計, 总计, 總計, 总额, suma pln, 應付金額, total kd
        """
    ),
    WordKind.WEAK_TOTAL: _words(
        """
        purchase, purchase amount, sale amount, kauf, achat, acquisto, خرید, amount, betrag,
        montant, importe, importo, bedrag, kwota, сумма, مبلغ, المبلغ, 금액, 金额, 金額, 现价,
        balance, erstattungsbetrag, auszahlungsbetrag, ruckzahlung
        """
    ),
    WordKind.SUBTOTAL: _words(
        """
        subtotal, sub total, subtotaal, zwischensumme, zw summe, sous total, subtotale,
        sub totale, total parcial, suma czesciowa, ara toplam, подытог, промежуточный итог,
        total before tax, before tax, before discount, vor rabatt, mezisoucet, μερικο συνολο,
        جمع جزء, جمع جز, جمع قبل از تخفیف, جمع اقلام, المجموع الفرعي, المجموع الجزئي, 소계, 小计,
        小計, 原价, 原價
        """
    ),
    WordKind.NET: _words(
        """
        net total, net amount, total net, netto, nettobetrag, summe netto, total ht, montant ht,
        ht, total excl, excl vat, excl tax, imponibile, base imponible, taxable, taxable amount,
        bez dph, без ндс, بدون مالیات, خالص, 과세물품가액, 공급가액, 과세금액, 면세물품가액,
        不含税, 税抜
        """
    ),
    WordKind.TAX: _words(
        """
        tax, taxes, sales tax, vat, gst, hst, pst, mwst, ust, steuer, umsatzsteuer,
        mehrwertsteuer, tva, t v a, taxe, iva, i v a, imposta, impuesto, btw, dph, pdv, kdv, ндс,
        φπα, ptu, moms, مالیات, ارزش افزوده, عوارض, ضريبة, ضریبه, 부가세, 세금, 税, 稅, 消費税,
        topkdv, toplam kdv, cgst, sgst, igst, 内税, 消費税等, 内消費税等, ضريبة القيمة المضافة
        """
    ),
    WordKind.INCLUDING: _words(
        """
        inkl, incl, including, inclusive, inc, iva inclusa, compris, ttc, با احتساب, شامل, 含税,
        税込
        """
    ),
    WordKind.DISCOUNT: _words(
        """
        discount, rabatt, nachlass, remise, reduction, sconto, descuento, desconto, korting,
        rabat, skonto, indirim, скидка, εκπτωση, coupon, promo, promotion, تخفیف, خصم, 할인, 折扣,
        优惠, 割引, 値引, *rabatt, *nachlass, *korting, remise fidelite, desc, dto
        """
    ),
    WordKind.AFTER_DISCOUNT: _words("after discount, nach rabatt, پس از تخفیف, بعد از تخفیف, 折后"),
    WordKind.SAVED: _words(
        """
        saved, you save, you saved, savings, total savings, gespart, ersparnis, sie sparen,
        economise, vous economisez, risparmio, ahorro, سود شما, سود شما از خرید
        """
    ),
    WordKind.ROUNDING: _words(
        """
        rounding, rundung, arrondi, arrotondamento, redondeo, afronding, zaokraglenie, روند,
        گرد کردن
        """
    ),
    WordKind.GIVEN: _words(
        """
        cash given, amount tendered, tendered, cash tendered, amount paid, paid, gegeben,
        bar gegeben, erhalten, recu, especes recues, ricevuto, entregado, recibido, ontvangen,
        wplata, получено, alinan, دریافتی, دریافت شد, پرداختی, پرداخت شده, المدفوع, 받은금액,
        받은돈, 实收, 實收, 收款, お預り, 预付
        """
    ),
    WordKind.RECEIVED: _words("实收, 實收"),
    WordKind.CASH: _words(
        """
        cash, bar, bargeld, especes, contanti, contante, efectivo, contant, gotowka, hotove,
        наличные, наличными, nakit, μετρητα, dinheiro, numerario, نقد, نقدی, نقدا, 현금, 现金,
        現金, 支付
        """
    ),
    WordKind.CARD: _words(
        """
        card, credit card, debit card, credit, debit, visa, mastercard, maestro, amex, girocard,
        karte, ec karte, ec cash, kartenzahlung, kreditkarte, carte, carte bancaire, cb, bancomat,
        carta, tarjeta, pin, karta, картой, безналичными, kart, kredi karti, unbar, paypal,
        apple pay, google pay, contactless, کارت, کارتخوان, پوز, بانکی, بطاقة, 카드, 신용카드,
        刷卡, 银行卡, 微信, 支付宝, カード, upi, bezgotowkowa, kaart, pinpas, bankkarte,
        bancomat pagobancomat, クレジット, 信用卡, paytm, مدى, twint, postfinance, multibanco,
        mb way, bizum, swish, vipps, mobilepay, dankort, blik, pix, bancontact, payconiq, wero,
        klarna, alipay, wechat pay, interac, eftpos, сбп, 银联
        """
    ),
    WordKind.VOUCHER: _words(
        """
        voucher, gift card, giftcard, store credit, gutschein, gutscheinkarte, bon cadeau, cheque,
        buono, vale, cadeaubon, loyalty points used, کارت هدیه, بن خرید, بن, 상품권, 礼品卡
        """
    ),
    WordKind.CHANGE: _words(
        """
        change, change due, cash change, ruckgeld, rueckgeld, wechselgeld, zuruck, rendu, monnaie,
        a rendre, resto, cambio, vuelto, troco, wisselgeld, reszta, vraceno, сдача, para ustu,
        ρεστα, باقی, باقی پول, باقیمانده, مابقی, بازگشتی, الباقي, 거스름돈, 거스름, 잔돈, 找零,
        找回, お釣り, おつり, retour
        """
    ),
    WordKind.OTHER: _words(
        """
        points, punkte, bonuspunkte, payback, loyalty, restguthaben, guthaben, solde, saldo,
        امتیاز, مانده, اعتبار, 포인트, 적립, 积分, 会员, ポイント
        """
    ),
    WordKind.TIP: _words(
        """
        tip, tips, gratuity, trinkgeld, pourboire, mancia, propina, gorjeta, fooi, napiwek,
        bahsis, чаевые, انعام, بخشیش, إكرامية, 팁, 小费, 小費
        """
    ),
    WordKind.COUNT: _words(
        """
        items, item count, qty, quantity, pcs, articles, artikel, anzahl, positionen, pos,
        articoli, تعداد, تعداد اقلام, اقلام, 수량, 개수, 건수, 件数, 数量, 点数, 总数
        """
    ),
    WordKind.REPRINT: _words(
        """
        reprint, re print, reprinted, duplicate, duplicata, duplikat, duplicado, kopie, copy,
        copie, copia, kopia, zweitschrift, nachdruck, bonkopie, belegkopie, ristampa, копия,
        kopya, المثنی, کپی, چاپ مجدد, رونوشت, نسخة, 재출력, 재발행, 重印, 补打, 補打, 再印刷,
        再発行
        """
    ),
    WordKind.REFUND: _words(
        """
        refund, refunded, return, returns, sales return, credit note, gutschrift, retoure,
        ruckgabe, erstattung, ruckerstattung, remboursement, avoir, retour, reso, rimborso,
        devolucion, reembolso, zwrot, возврат, iade, مرجوعی, برگشت از فروش, برگشتی, استرداد,
        مرتجع, 환불, 반품, 退款, 退货, 返品, 返金, erstattungsbetrag, ruckzahlung,
        auszahlungsbetrag, refund amount, refund total, возврат прихода, مبلغ برگشتی, إرجاع,
        استرجاع
        """
    ),
    WordKind.VOID: _words(
        """
        void, voided, storno, stornobeleg, storniert, cancelled, canceled, cancellation, annule,
        annulation, annullato, annullo, anulado, anulowano, abbruch, belegabbruch, отмена, iptal,
        ابطال, ابطال شد, باطل, باطل شد, لغو, لغو شد, ملغي, 취소, 作废, 作廢, 取消, annullamento,
        annullata, transaction voided, sale voided, void sale, geannuleerd, anulacja,
        аннулировано, чек аннулирован
        """
    ),
    WordKind.TRAINING: _words(
        """
        training, training mode, training receipt, mode ecole, mode formation, schulung,
        schulungsbeleg, ubung, ubungsbeleg, trainingsbon, testbon, demo mode, آموزشی, آزمایشی,
        연습, 训练, 練習, حالت آموزشی, حالت آموزش, حالت تست, تدريب, وضع التدريب, modo formacion,
        modo entrenamiento, oefening, oefenbon, formazione, szkolenie, egitim, обучение,
        учебный режим, トレーニング
        """
    ),
    WordKind.REPORT: _words(
        """
        x bericht, z bericht, x report, z report, x bon, z bon, x abschlag, z abschlag,
        tagesabschluss, kassenabschluss, kassensturz, kassenbericht, daily report,
        daily sales report, end of day, shift report, rapport x, rapport z, cloture, chiusura,
        cierre, raport dobowy, z отчет, x отчет, گزارش, گزارش روزانه, گزارش فروش, بستن صندوق,
        정산, 마감, 日结, 日結, 精算, 交班, x reading, z reading, x read, z read,
        chiusura giornaliera, raport zmianowy, raport okresowy, gun sonu, z raporu, x raporu,
        сменный отчет, отчет о закрытии смены, закрытие смены, informe z, informe x,
        dagafsluiting, x rapport, z rapport, kassenabschlag, cash up, تقرير يومي, تقرير المبيعات,
        إغلاق الصندوق
        """
    ),
    WordKind.PROFORMA: _words(
        """
        proforma, pro forma, zwischenrechnung, guest check, not a receipt, kein beleg, quotation,
        kostenvoranschlag, devis, preventivo, presupuesto, bill preview, پیش فاکتور, پیش نویس,
        견적서, 预结单, 预打单, 見積, rachunek wstepny, bilgi fisi, mali degeri yoktur,
        предварительный счет, пречек, предчек, prefactura, pre factura, note provisoire,
        addition provisoire, keine rechnung, preconto, pre conto, cuenta provisional,
        not a tax invoice, not a vat receipt, pro forma nota, concept nota, conto provvisorio,
        preview bill, pre bill, check preview, informacyjny
        """
    ),
    WordKind.CARD_SLIP: _words(
        """
        kundenbeleg, handlerbeleg, haendlerbeleg, merchant copy, cardholder copy, customer copy,
        ta nr, terminal id, genehmigungs nr, genehmigung, auth code, authorisation, authorization,
        approval code, aid, ticket client, ticket commercant, autorisation, kopia klienta,
        شماره پیگیری, شماره ارجاع, شماره پایانه, رسید مشتری, رسید پذیرنده, 승인번호, 授权码
        """
    ),
    WordKind.FAILED_PAYMENT: _words(
        """
        declined, payment declined, card declined, not approved, transaction failed,
        payment failed, transaction declined, payment cancelled, transaction cancelled, abgelehnt,
        nicht erfolgt, zahlung abgebrochen, vorgang abgebrochen, fehlgeschlagen, nicht genehmigt,
        refuse, paiement refuse, refusee, transaction refusee, abandon, paiement abandonne,
        non approvata, rifiutato, rifiutata, negata, transazione negata, transazione rifiutata,
        denegada, operacion denegada, rechazada, pago rechazado, recusada, nao autorizada,
        geweigerd, afgewezen, niet geslaagd, odmowa, odrzucona, transakcja odrzucona, reddedildi,
        red edildi, onaylanmadi, basarisiz, отказано, отказ, отклонено, отклонена, ناموفق,
        تراکنش ناموفق, عدم موجودی, موجودی کافی نیست, تراکنش ناقص, رد شد, مرفوضة, عملية مرفوضة,
        مرفوض, فشلت, 支付失败, 交易失败, 付款失败, 扣款失败, 付款失敗, 交易失敗, 取引不成立,
        決済失敗, 利用不可, 결제실패, 승인거절, 거래거절, 승인실패
        """
    ),
    WordKind.NEGATION: _words(
        """
        no, not, non, within, policy, days, without, kein, keine, nur, innerhalb, tage, ohne,
        sans, jours, only, please, bitte, thank, danke, بدون, روز, حداکثر, مهلت, لطفا, 이내, 不,
        无, 天内, 불가, gegen, with, mit
        """
    ),
    WordKind.RECEIPT_NUMBER: _words(
        """
        beleg nr, belegnr, belegnummer, bon nr, bonnr, bonnummer, rechnungs nr, rechnung nr,
        rechnungsnummer, quittung nr, receipt no, receipt nr, receipt number, receipt num,
        receipt id, receipt, invoice no, invoice number, invoice, facture no, facture n, facture,
        ticket no, ticket n, ticket, scontrino n, scontrino, documento n, factura simplificada,
        factura, recibo, paragon nr, чек, fis no, bill no, bill, check no, check, order no,
        transaction, trans, شماره فاکتور, ش فاکتور, فاکتور شماره, شماره رسید, شماره سند, فاکتور,
        رقم الفاتورة, 영수증번호, 영수번호, 거래번호, 单号, 小票号, 流水号, レシート番号,
        伝票番号, bon, beleg, quittung, رسید, kassabon, nr paragonu, trans no, رقم الإيصال,
        發票號碼
        """
    ),
    WordKind.ORIGINAL_NUMBER: _words(
        """
        original receipt, original, orig, orig receipt, ursprungsbeleg, originalbeleg, zu beleg,
        bezug auf, zu rechnung, ref receipt, ticket d origine, facture d origine, for receipt,
        of receipt, فاکتور اصلی, شماره فاکتور اصلی, فاکتور مرجع, 원거래, 原单号, 元伝票, zu bon,
        bon original, originalbon, ticket original, factura original, documento originale,
        documento di riferimento, paragon oryginalny, orijinal fis, исходный чек,
        رقم الفاتورة الأصلية, الفاتورة الأصلية, فاکتور فروش اصلی, bezugsbeleg, original sale,
        original invoice
        """
    ),
}
