// Draws each canvas that carries numbers in data-chart, in the page's direction, digits and colours.

const DRAWN = new Map();

// Chart.js cannot read var() or light-dark(): the browser resolves them on a probe.
function colour(name) {
  const probe = document.createElement("span");
  probe.className = "mohr-probe";
  probe.hidden = true;
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

function draw(canvas) {
  const { kind, labels, series } = JSON.parse(canvas.dataset.chart);
  const root = document.documentElement;
  const rtl = root.dir === "rtl";
  const figures = new Intl.NumberFormat(root.lang === "fa" ? "fa-IR" : "en");
  const ink = colour("--mohr-ink-soft");
  const line = colour("--mohr-line");
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const datasets = series.map((one, at) => {
    const tone = colour(`--mohr-chart-${(at % 4) + 1}`);
    const type = one.kind ?? kind;
    return {
      type,
      label: one.label,
      data: one.values,
      // Lines lie above bars, or they would be hidden by them.
      order: type === "line" ? 0 : 1,
      backgroundColor: tone,
      borderColor: tone,
      borderWidth: type === "line" ? 2.5 : 0,
      borderRadius: 5,
      maxBarThickness: 34,
      tension: 0.3,
      pointRadius: 3,
    };
  });
  // The library draws the bars of a group from the left, also where reading begins at the right.
  if (rtl) datasets.reverse();
  const font = { family: getComputedStyle(document.body).fontFamily, size: 13 };
  DRAWN.get(canvas)?.destroy();
  canvas.parentElement.classList.add("mohr-drawn");
  DRAWN.set(canvas, new window.Chart(canvas, {
    type: kind,
    data: { labels, datasets },
    options: {
      responsive: true,
      maintainAspectRatio: false,
      animation: calm ? false : { duration: 250 },
      locale: root.lang,
      interaction: { mode: "index", intersect: false },
      plugins: {
        legend: {
          display: series.length > 1,
          reverse: rtl,
          rtl,
          textDirection: root.dir,
          labels: { color: ink, font, usePointStyle: true, boxHeight: 8 },
        },
        tooltip: {
          rtl,
          textDirection: root.dir,
          titleFont: font,
          bodyFont: font,
          itemSort: (one, other) => (one.datasetIndex - other.datasetIndex) * (rtl ? -1 : 1),
          callbacks: { label: (item) => ` ${item.dataset.label}: ${figures.format(item.raw)}` },
        },
      },
      scales: {
        x: { reverse: rtl, ticks: { color: ink, font }, grid: { display: false }, border: { color: line } },
        y: {
          position: rtl ? "right" : "left",
          beginAtZero: true,
          // A count has no halves.
          ticks: { color: ink, font, precision: 0, callback: (value) => figures.format(value) },
          grid: { color: line },
          border: { display: false },
        },
      },
    },
  }));
}

export function drawCharts() {
  if (!window.Chart) return;
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) draw(canvas);
}
