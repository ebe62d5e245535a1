// Pages that show what is now fetch themselves again every few seconds and swap their content.
(() => {
  const button = document.getElementById("pause");
  const seconds = Number(document.querySelector("main").dataset.live);
  if (!seconds) return;
  let paused = false;
  const label = () => { button.textContent = paused ? button.dataset.resume : button.dataset.pause; };
  const open = () => [...document.querySelectorAll("main details")].map((details) => details.open);
  const refresh = async () => {
    const answer = await fetch(location.href, { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (!fresh || paused) return;
    const before = open();
    document.querySelector("main").replaceWith(fresh);
    document.querySelectorAll("main details").forEach((details, index) => { details.open = Boolean(before[index]); });
  };
  const usable = () => !paused && !document.hidden && !document.querySelector("main").contains(document.activeElement);
  button.hidden = false;
  button.addEventListener("click", () => { paused = !paused; label(); });
  label();
  setInterval(() => { if (usable()) refresh().catch(() => {}); }, seconds * 1000);
})();
