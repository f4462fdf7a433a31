// What every page has: toasts that can be put away, a draft that survives, forms that are sent once.

import "./time.js";
import "./live.js";

document.addEventListener("click", (event) => {
  event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const printer = event.target.closest("[data-print]");
  if (printer) print();
});

// What was typed is kept in this browser until it has arrived: a lost session loses no words. A page that says
// "sign in first" or "refused" is marked [data-unsent]; any other page after a submit means that it arrived.
const arrived = !document.querySelector("[data-unsent]");
for (const key of Object.keys(sessionStorage).filter((one) => one.startsWith("sent:"))) {
  sessionStorage.removeItem(key);
  if (arrived) sessionStorage.removeItem(`draft:${key.slice(5)}`);
}
for (const field of document.querySelectorAll("[data-draft]")) {
  const key = `draft:${field.dataset.draft}`;
  if (!field.value) field.value = sessionStorage.getItem(key) ?? "";
  field.addEventListener("input", () => sessionStorage.setItem(key, field.value));
  field.form?.addEventListener("submit", () => sessionStorage.setItem(`sent:${field.dataset.draft}`, ""));
}

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.getAttribute("aria-busy") === "true") return event.preventDefault();
  button.setAttribute("aria-busy", "true");
});
addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Where one is, in a row of links that is wider than the screen.
for (const here of document.querySelectorAll("nav [aria-current]")) {
  const row = here.closest("nav");
  const [inner, outer] = [here, row].map((one) => one.getBoundingClientRect());
  if (row.scrollWidth > row.clientWidth) row.scrollLeft += inner.left - outer.left - (outer.width - inner.width) / 2;
}

// After a form was not accepted, the first thing to mend has the focus.
const wrong = document.querySelector("[aria-invalid=true]") ?? document.querySelector(".wrong")?.parentElement?.querySelector("input, textarea, select");
if (wrong && !document.querySelector(".letter--no[role=alert]")) wrong.focus();
