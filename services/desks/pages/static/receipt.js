// A QR code brings the receipt code in the fragment of the address, which no server and no log sees.
const code = decodeURIComponent(location.hash.slice(1));
const form = document.querySelector("form[data-receipt]");
if (code && form) {
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  if (form.elements.number.value) form.requestSubmit();
}

// A button that prints is shown where scripts run.
function offerPrint() {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}
document.addEventListener("huying:shown", offerPrint);
offerPrint();
