// Forms: the focus goes to what is to be put right, a second click is none, and texts count what is left.
const forms = () => document.querySelectorAll("form");

// A form that asks for a file or a download stays where it is: it may be sent again.
const stays = (event) => event.submitter?.hasAttribute("data-stays");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) return event.preventDefault();
  if (stays(event)) return;
  form.dataset.sent = "yes";
  const chosen = form.querySelector("input[type=file]");
  if ("upload" in form.dataset && chosen?.files.length && !event.submitter?.formEnctype.includes("urlencoded")) {
    event.preventDefault();
    send(form, event.submitter);
  }
});
addEventListener("pageshow", () => {
  for (const form of forms()) delete form.dataset.sent;
});

// Files are sent with their progress. The answer takes the place of this page, as it would without script.
function send(form, submitter) {
  const shown = form.querySelector("[data-sending]");
  const bar = document.createElement("progress");
  const request = new XMLHttpRequest();
  const say = (share) => {
    bar.value = share;
    shown.firstChild.textContent = `${shown.dataset.words} ${Math.floor(share * 100)}% `;
  };
  shown.replaceChildren("", bar);
  shown.hidden = false;
  bar.setAttribute("aria-label", shown.dataset.words);
  say(0);
  request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) say(event.loaded / event.total); });
  request.addEventListener("load", () => show(form, request));
  request.addEventListener("error", () => {
    delete form.dataset.sent;
    shown.replaceChildren(document.documentElement.lang === "en" ? "The upload broke off: try again." : "上传中断，请再试一次。");
  });
  request.open("POST", form.action);
  request.send(new FormData(form, submitter));
}

function show(form, request) {
  const fresh = new DOMParser().parseFromString(request.responseText, "text/html");
  document.title = fresh.title;
  if (request.responseURL !== form.action) history.replaceState(null, "", request.responseURL);
  document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
  scrollTo(0, 0);
  prepare();
  document.dispatchEvent(new Event("huying:shown"));
}

function prepare() {
  document.querySelector("[data-focus]")?.focus();
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
  for (const button of document.querySelectorAll("[data-insert]")) {
    button.addEventListener("click", () => {
      const area = document.getElementById(button.dataset.into);
      area.value = area.value ? `${area.value}\n${button.dataset.insert}` : button.dataset.insert;
      area.focus();
    });
  }
  // What was typed before signing in goes back to its page, which shows it.
  document.querySelector("form[data-go-on]")?.requestSubmit();
}

// Enter in the middle of an input method's composition chooses a word and sends nothing.
addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopPropagation();
}, true);

prepare();
