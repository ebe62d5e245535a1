// The hotline: what stands beside the form follows what is typed; Ctrl+Enter registers, never inside a composition.
const form = document.querySelector("[data-hotline]");
const beside = document.getElementById("beside");
const fields = ["phone", "enterprise", "title", "text", "kind", "locality"].map((id) => document.getElementById(id));
let waiting, asked = 0;

async function look() {
  const mine = (asked += 1);
  const answer = await fetch("/hotline/beside", { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
  if (answer?.ok && !answer.redirected && mine === asked) beside.innerHTML = await answer.text();
}

form.addEventListener("input", (event) => {
  if (event.isComposing || !["phone", "enterprise", "title", "text"].includes(event.target.id)) return;
  clearTimeout(waiting);
  waiting = setTimeout(look, 400);
});
form.addEventListener("compositionend", () => { clearTimeout(waiting); waiting = setTimeout(look, 400); });

form.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) {
    if (event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.key === "Enter" && event.ctrlKey) form.requestSubmit(form.querySelector("[data-main]"));
  else if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
});

addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || !/^Digit[1-6]$/.test(event.code)) return;
  event.preventDefault();
  fields[event.code.slice(-1) - 1].focus();
});

if (!document.querySelector("[data-focus]")) fields[0].focus();
