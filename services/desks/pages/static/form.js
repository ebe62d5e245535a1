// Forms: the focus goes to what is to be put right, a second click is none, and texts count what is left.
document.querySelector("[data-focus]")?.focus();

for (const form of document.querySelectorAll("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

for (const area of document.querySelectorAll("textarea[data-most]")) {
  const shown = document.createElement("p");
  shown.className = "hint";
  area.after(shown);
  const count = () => {
    shown.textContent = area.dataset.left.replace("%d", (area.dataset.most - [...area.value].length).toLocaleString());
  };
  area.addEventListener("input", count);
  count();
}

// Enter in the middle of an input method's composition chooses a word and sends nothing.
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
}, true);

for (const button of document.querySelectorAll("[data-insert]")) {
  button.addEventListener("click", () => {
    const area = document.getElementById(button.dataset.into);
    area.value = area.value ? `${area.value}\n${button.dataset.insert}` : button.dataset.insert;
    area.focus();
  });
}
