// Forms of the draft: an input that another choice makes idle is out of the way. Without this file
// all inputs are there, and the server leaves out what does not go with the choice.

function arrange(form) {
  for (const box of form.querySelectorAll("[data-shown-by]")) {
    const choice = form.elements.namedItem(box.dataset.shownBy);
    if (!choice) continue;
    box.hidden = !box.dataset.shownFor.split(" ").includes(choice.value);
  }
}

for (const form of document.querySelectorAll(".mohr-part-form")) {
  arrange(form);
  form.addEventListener("change", () => arrange(form));
}
