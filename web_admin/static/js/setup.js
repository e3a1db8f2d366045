// The browser knows its time zone: offered where the person has not chosen one yet.
for (const select of document.querySelectorAll("select[data-own-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = [...select.options].some((option) => option.value === own);
  if (known && !document.querySelector(".is-invalid") && !select.dataset.chosen) select.value = own;
}
