// Prints receipts with receiptline and receipt-printer-encoder: JSON in, JSON out.
//
// In:  [{encoder: "receiptline", document, options}, {encoder: "rpe", options, codepage, lines}, …]
//      where a line is {text, bold?, width?, height?} or {cells: [left, right], columns: [l, r]}
//      or {qr} or {barcode, symbology} or {image: [w, h]} or {pulse: true} or {cut: true}.
// Out: [base64 of the bytes each gave, …]
"use strict";

const { transform } = require("receiptline");
const Encoder = require("@point-of-sale/receipt-printer-encoder");
const ReceiptPrinterEncoder = Encoder.default ?? Encoder;

function byEncoder({ options, codepage, lines }) {
  const encoder = new ReceiptPrinterEncoder(options);
  encoder.initialize();
  if (codepage) encoder.codepage(codepage);
  for (const line of lines) {
    if (line.cut) encoder.cut();
    else if (line.pulse) encoder.pulse();
    else if (line.qr) encoder.qrcode(line.qr);
    else if (line.barcode) encoder.barcode(line.barcode, line.symbology, 60);
    else if (line.cells) {
      const [left, right] = line.columns;
      encoder.table(
        [{ width: left, align: "left" }, { width: right, align: "right" }],
        [line.cells],
      );
    } else {
      encoder.bold(line.bold ?? false).width(line.width ?? 1).height(line.height ?? 1);
      encoder.line(line.text);
      encoder.bold(false).width(1).height(1);
    }
  }
  return Buffer.from(encoder.encode());
}

function print(order) {
  if (order.encoder === "receiptline") {
    return Buffer.from(transform(order.document, order.options), "latin1");
  }
  return byEncoder(order);
}

let orders = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk) => { orders += chunk; });
process.stdin.on("end", () => {
  const printed = JSON.parse(orders).map((order) => print(order).toString("base64"));
  process.stdout.write(JSON.stringify(printed));
});
