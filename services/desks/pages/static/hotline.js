// The hotline: what stands beside the form follows what is typed; Ctrl+Enter registers, never inside a composition.
const form = document.querySelector("[data-hotline]");
const beside = document.getElementById("beside");
let waiting;

async function look() {
  const answer = await fetch("/hotline/beside", { method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (answer.ok) beside.innerHTML = await answer.text();
}

form.addEventListener("input", (event) => {
  if (event.isComposing) return;
  clearTimeout(waiting);
  waiting = setTimeout(look, 400);
});

form.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Enter" && event.ctrlKey) form.requestSubmit(form.querySelector("[data-main]"));
  else if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
});
