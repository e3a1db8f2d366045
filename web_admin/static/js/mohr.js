// What every page does beyond HTML. Each part looks for its own data attribute and stays away
// where there is none; without this file pages work, but for charts, which have their tables.

import { drawCharts } from "./charts.js";

const root = document.documentElement;

const THEME_COOKIE = "mohr_theme";
const YEAR_S = 31536000;

function isDark() {
  const chosen = root.dataset.bsTheme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  root.dataset.bsTheme = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax`;
  drawCharts();
}

function toggleMenu(button, open) {
  const menu = document.getElementById(button.getAttribute("aria-controls"));
  menu.classList.toggle("mohr-open", open);
  button.setAttribute("aria-expanded", String(open));
  if (open) menu.querySelector("a")?.focus();
}

async function copyText(button) {
  const text = button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Plain HTTP in a shop's network has no clipboard: the old way needs a selection.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  const use = button.querySelector("use");
  if (use) use.setAttribute("href", use.getAttribute("href").replace(/#.*/, "#check"));
}

// Rows of a table that does not fit become blocks, each cell with the name of its column before it.
function labelCells(table) {
  const names = [...table.querySelectorAll("thead th")].map((cell) =>
    cell.querySelector(".visually-hidden") ? "" : cell.textContent.trim());
  for (const row of table.tBodies[0]?.rows ?? []) {
    [...row.cells].forEach((cell, at) => {
      if (names[at] && !cell.dataset.label && cell.colSpan === 1) cell.dataset.label = names[at];
    });
  }
  table.classList.add("mohr-labelled");
}

function fitTable(table) {
  const box = table.parentElement;
  // What it needs side by side can only be measured side by side.
  table.classList.remove("mohr-blocks");
  const phone = matchMedia("(max-width: 35.99rem)").matches;
  table.classList.toggle("mohr-blocks", phone || box.scrollWidth > box.clientWidth + 1);
}

const widths = new WeakMap();
const resizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) {
    // Blocks change the height, and that alone is no reason to measure again.
    if (widths.get(target) === contentRect.width) continue;
    widths.set(target, contentRect.width);
    requestAnimationFrame(() => fitTable(target.querySelector("table")));
  }
});

function hookTables(within) {
  for (const table of within.querySelectorAll("table.mohr-stack:not(.mohr-labelled)")) {
    const arrange = () => {
      labelCells(table);
      fitTable(table);
    };
    arrange();
    // Rows that arrive later, as on the live page, are named as well.
    for (const body of table.tBodies) {
      new MutationObserver(arrange).observe(body, { childList: true });
    }
    resizes.observe(table.parentElement);
  }
}

// Older browsers know no buttons that open dialogs by themselves.
function openDialog(button) {
  if ("command" in HTMLButtonElement.prototype) return;
  const dialog = document.getElementById(button.getAttribute("commandfor"));
  if (button.getAttribute("command") === "show-modal") dialog.showModal();
  else dialog.close();
}

function closeMenus(except) {
  for (const box of document.querySelectorAll("details[data-closes][open]")) {
    if (!box.contains(except)) box.open = false;
  }
}

document.addEventListener("click", (event) => {
  const target = event.target;
  closeMenus(target);
  const button = target.closest("button");
  const menu = document.querySelector("[data-menu]");
  if (button?.matches("[data-theme-switch]")) switchTheme();
  else if (button?.matches("[data-menu]")) toggleMenu(button, button.getAttribute("aria-expanded") !== "true");
  else if (button?.matches("[data-copy]")) copyText(button);
  else if (button?.matches("[commandfor]")) openDialog(button);
  else if (menu?.getAttribute("aria-expanded") === "true" && !target.closest(".mohr-sidebar")) toggleMenu(menu, false);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("[data-menu][aria-expanded='true']");
  if (menu) {
    toggleMenu(menu, false);
    menu.focus();
  }
  for (const box of document.querySelectorAll("details[data-closes][open]")) {
    box.open = false;
    box.querySelector("summary").focus();
  }
});

// The browser's own words beside a file field are in the browser's language: the page has others.
function nameFile(field) {
  const shown = document.querySelector(`[data-file-name="${field.id}"]`);
  const names = [...field.files].map((file) => file.name);
  shown.textContent = names.length ? names.join(", ") : shown.dataset.none;
  shown.translate = names.length === 0;
}

// A choice in a filter is asked for at once; text waits for Enter or the button.
document.addEventListener("change", (event) => {
  if (event.target.matches("input[type=file]")) nameFile(event.target);
  const form = event.target.closest("form[data-filter]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
});

// The calendar names its parts to nobody: a screen reader gets their names from the page.
function nameCalendar(calendar, words) {
  calendar.setAttribute("role", "dialog");
  calendar.setAttribute("aria-label", words.calendar);
  calendar.querySelector(".jdp-year select, .jdp-year input")?.setAttribute("aria-label", words.year);
  calendar.querySelector(".jdp-month select")?.setAttribute("aria-label", words.month);
}

function hookDates(within) {
  const holder = document.querySelector("[data-calendar-words]");
  if (!holder || !window.jalaliDatepicker) return;
  for (const field of within.querySelectorAll("input[data-jalali]")) {
    field.dataset.jdp = "";
    field.autocomplete = "off";
  }
  window.jalaliDatepicker.startWatch({ persianDigits: true, separatorChars: { date: "/" }, zIndex: 1100 });
  const words = JSON.parse(holder.dataset.calendarWords);
  new MutationObserver(() => {
    const calendar = document.querySelector("jdp-container");
    if (calendar) nameCalendar(calendar, words);
  }).observe(document.body, { childList: true, subtree: true });
}

// The server's messages are in the page's language, the browser's own are in the browser's.
// A dialog keeps the browser's: it would be gone when the answer comes.
for (const form of document.querySelectorAll("form[method=post]")) {
  if (!form.closest("dialog")) form.noValidate = true;
}

hookTables(document);
hookDates(document);
drawCharts();
document.addEventListener("htmx:after:swap", () => hookTables(document));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCharts);
