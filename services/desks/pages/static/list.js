// Work lists: rows change where they stand, keys move through them, and Ctrl+Enter sends the form beside them.
const list = document.querySelector("[data-list]");
const isEnglish = document.documentElement.lang === "en";
const say = (zh, en) => (isEnglish ? en : zh);
const rowsIn = (root) => [...root.querySelectorAll("[data-row]")];
const keyOf = (row) => row.dataset.row || row.querySelector("a").getAttribute("href");

// Told that something changed, the page asks for itself anew. Nothing moves under the hand: what is new is
// counted in a bar, what left the list is greyed, and a row that somebody works in stays as it is.
let bar = document.querySelector("[data-news]");
let stream, due;

const isBusy = (row) => row.contains(document.activeElement) || row.querySelector("details[open], input:checked");

// What a row says without the time that is left, which passes by itself.
function withoutTime(row) {
  const copy = row.cloneNode(true);
  copy.querySelectorAll(".due").forEach((part) => part.remove());
  return copy.innerHTML;
}

function put(row, newer) {
  if (isBusy(row) || row.innerHTML === newer.innerHTML) return;
  const isNews = withoutTime(row) !== withoutTime(newer);
  row.innerHTML = newer.innerHTML;
  row.className = `${newer.className}${isNews ? " changed" : ""}`;
}

function putNumbers(fresh) {
  const newer = [...fresh.querySelectorAll("[data-count], .tabs .n")];
  document.querySelectorAll("[data-count], .tabs .n").forEach((number, index) => {
    if (newer[index]) number.textContent = newer[index].textContent;
  });
}

function showNews(added) {
  if (!bar) {
    bar = document.createElement("p");
    bar.className = "news";
    bar.setAttribute("role", "status");
    list.before(bar);
  }
  bar.hidden = !added;
  bar.textContent = say(`有 ${added} 件新到，按 r 刷新 `, `${added} new, press r to see them `);
  const button = document.createElement("button");
  button.className = "btn mini";
  button.textContent = say("刷新", "Refresh");
  button.addEventListener("click", () => location.reload());
  bar.append(button);
}

async function refresh() {
  due = undefined;
  const answer = await fetch(location.href).catch(() => null);
  if (answer?.redirected) stop();
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const there = new Map(rowsIn(fresh).map((row) => [keyOf(row), row]));
  const here = new Set();
  for (const row of rowsIn(document)) {
    here.add(keyOf(row));
    const newer = there.get(keyOf(row));
    if (newer) put(row, newer);
    row.classList.toggle("gone", !newer);
  }
  putNumbers(fresh);
  showNews([...there.keys()].filter((key) => !here.has(key)).length);
}

function start() {
  const ids = rowsIn(document).map((row) => row.dataset.row).filter(Boolean).slice(0, 100);
  stream = new EventSource(`/live?ids=${ids.join(",")}`);
  stream.addEventListener("changed", () => { due ??= setTimeout(refresh, 700); });
}

function stop() {
  stream?.close();
  stream = undefined;
}

if (list) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return stop();
    if (!stream) start();
    refresh();
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", () => { if (!stream) start(); });
}

// Keys. Single letters do nothing while somebody types, and can be switched off (WCAG 2.1.4).
const OFF = "huying-keys";
const isOff = () => localStorage.getItem(OFF) === "off";
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let at = -1;

function move(by) {
  const rows = rowsIn(document);
  if (!rows.length) return;
  at = Math.min(rows.length - 1, Math.max(0, at + by));
  rows[at].querySelector("a").focus();
  rows[at].scrollIntoView({ block: "nearest" });
}

function help() {
  const dialog = document.querySelector("dialog.keys") ?? document.body.appendChild(document.createElement("dialog"));
  dialog.className = "keys";
  dialog.setAttribute("aria-label", say("快捷键", "Keys"));
  dialog.replaceChildren();
  for (const [key, zh, en] of [
    ["j / k", "下一件 / 上一件", "next / previous"],
    ["Enter", "打开", "open"],
    ["x", "勾选", "tick"],
    ["r", "刷新", "refresh"],
    ["/", "查找", "search"],
    ["Ctrl+Enter", "提交", "send"],
    ["?", "本说明", "this list"],
  ]) {
    const line = dialog.appendChild(document.createElement("p"));
    line.appendChild(document.createElement("kbd")).textContent = key;
    line.append(` ${say(zh, en)}`);
  }
  const button = dialog.appendChild(document.createElement("button"));
  button.className = "btn";
  const word = () => { button.textContent = isOff() ? say("启用单键快捷键", "Switch letters on") : say("停用单键快捷键", "Switch letters off"); };
  button.addEventListener("click", () => { localStorage.setItem(OFF, isOff() ? "on" : "off"); word(); });
  word();
  dialog.showModal();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => document.activeElement.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click(),
  r: () => location.reload(),
  "/": () => {
    const field = document.querySelector(".top .find input");
    if (field?.checkVisibility()) field.focus();
    else document.querySelector('.top a[href="/search"]')?.click();
  },
};

const main = document.querySelector("[data-main-form]");
addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (main && event.key === "Enter" && event.ctrlKey) return main.requestSubmit(main.querySelector("[data-main]"));
  if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "?") help();
  else if (!isOff() && KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
});
