// The agents' keys: j k move, Enter opens, / searches, r n reply or note, c to who rings, ? shows all, Ctrl-K goes anywhere.

const typing = (target) => target.closest("input:not([type=radio]), textarea, select, [contenteditable]");
const rows = () => [...document.querySelectorAll("[data-row]")];

function move(by) {
  const all = rows();
  if (!all.length) return;
  const here = all.indexOf(document.activeElement);
  const at = here >= 0 ? here : all.findIndex((row) => row.matches("[aria-current]"));
  const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function choose(kind) {
  const radio = document.getElementById(`kind-${kind}`);
  if (!radio) return;
  radio.checked = true;
  document.querySelector(".composer textarea")?.focus();
}

function show(id) {
  const dialog = document.getElementById(id);
  if (dialog && !dialog.open) dialog.showModal();
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => show("keys"),
  r: () => choose("reply"),
  n: () => choose("note"),
  a: () => document.querySelector("[data-key=accept]")?.click(),
  c: () => document.querySelector(".pop:not([hidden]) footer a")?.focus(),
  u: () => document.querySelector("[data-key=back]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") {
    event.preventDefault();
    return show("palette");
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.matches(".composer textarea")) {
    return event.target.form.requestSubmit();
  }
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

document.getElementById("palette")?.addEventListener("input", (event) => {
  const sought = event.target.value.trim().toLowerCase();
  for (const item of document.querySelectorAll("#palette li")) {
    item.hidden = !item.textContent.toLowerCase().includes(sought);
  }
});
document.getElementById("palette")?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches("input")) return;
  event.preventDefault();
  const first = document.querySelector("#palette li:not([hidden]) a");
  if (event.target.value.trim() && !first) return event.target.form.submit();
  first?.click();
});

// On a narrow screen the four panes lie side by side; a ticket opens on its conversation.
const panes = document.querySelector(".panes");
if (panes && panes.scrollWidth > panes.clientWidth) {
  const talk = panes.querySelector(".pane-talk");
  if (!location.hash) panes.scrollTo({ left: talk.offsetLeft, behavior: "instant" });
}
for (const select of document.querySelectorAll("[data-submit-on-change]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// An act is sent without leaving the page; the answer is the page again, and only what changed moves.

const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const composed = () => document.querySelector(".composer [data-draft]");

document.addEventListener("htmx:beforeRequest", (event) => {
  // The same form twice is one act; a second click must not even be sent.
  if (event.detail.elt.hasAttribute("data-sent")) return event.preventDefault();
  event.detail.elt.setAttribute("data-sent", "");
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  const here = new URL(xhr.responseURL || location.href, location.href);
  // The way led out of the console, to signing in: go there for good, and keep what was typed.
  if (!here.pathname.startsWith("/console/")) {
    event.detail.shouldSwap = false;
    return location.assign(here);
  }
  if (xhr.status >= 400) return arrived(false);
  arrived(true);
  // A field that has the focus would keep its words although they were sent. What changes elsewhere, as one types,
  // leaves the focus where it is.
  if (event.detail.target.contains(document.activeElement)) document.activeElement.blur();
});

document.addEventListener("htmx:afterSwap", (event) => {
  const shown = event.detail.xhr.status >= 400 ? ".refused" : ".talk > li:last-child";
  document.querySelector(shown)?.scrollIntoView({ block: "nearest" });
});

document.addEventListener("htmx:afterRequest", (event) => {
  event.detail.elt.removeAttribute("data-sent");
  if (event.detail.xhr.status === 0 || event.detail.xhr.status >= 500) {
    arrived(false);
    tell(words.unsent);
  }
});

/** Forget what was typed once it has arrived; keep it otherwise. */
function arrived(isThere) {
  const field = composed();
  if (!field) return;
  sessionStorage.removeItem(`sent:${field.dataset.draft}`);
  if (isThere) sessionStorage.removeItem(`draft:${field.dataset.draft}`);
}

function tell(sentence) {
  const toast = document.createElement("div");
  toast.className = "toast toast--error";
  toast.role = "alert";
  toast.textContent = sentence;
  document.getElementById("toasts")?.append(toast);
  setTimeout(() => toast.remove(), 10_000);
}
