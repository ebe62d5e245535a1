// Work lists: j and k move, Enter opens, the first letter of nothing is taken while somebody types.
const rows = [...document.querySelectorAll("[data-row]")];
let here = -1;

const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function move(by) {
  if (!rows.length) return;
  rows[here]?.classList.remove("here");
  here = Math.min(rows.length - 1, Math.max(0, here + by));
  rows[here].classList.add("here");
  rows[here].querySelector("a").focus();
  rows[here].scrollIntoView({ block: "nearest" });
}

if (localStorage.getItem("huying-keys") !== "off") {
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "r") location.reload();
  });
}
