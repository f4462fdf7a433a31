// The left of the desk: counts in the title, what may be heard, who waits; and articles to quote from.

import { refresh } from "./live.js";
import { say as wish } from "./desk.js";
import { note } from "./here.js";
import { readSwitch, remind } from "./chat-reminders.js";
import { asked } from "./chat-sending.js";
import { insert } from "./chat-writing.js";

// The left is made anew a moment after news, and not at once again, however many come.
const SOON = 200;
const EVERY = 3000;
const title = document.title;
const line = () => document.querySelector("#line .line");
let known = "";
let waitingBefore = Number(line()?.dataset.waiting ?? 0);
let soon = 0;
let madeAt = 0;

function learnLine() {
  if (!line()) return;
  const { waiting, unread, available, needed } = line().dataset;
  const count = Number(waiting) + Number(unread);
  const plain = document.title.replace(/^\(\d+\) /, "") || title;
  const next = count ? `(${count}) ${plain}` : plain;
  if (document.title !== next) document.title = next;
  note(needed === "yes");
  readSwitch(document.querySelector("[data-notify]"), wordsOf());
  if (Number(waiting) > waitingBefore && available === "yes") remind(wordsOf().new_waiting, "line");
  waitingBefore = Number(waiting);
  const wanted = [...document.querySelectorAll("[data-wants]")].map((one) => one.dataset.wants).sort().join();
  if (wanted !== known) wish();
  known = wanted;
}

function wordsOf() {
  return JSON.parse(document.getElementById("chat-words").textContent);
}

function refreshLine() {
  if (soon) return;
  soon = setTimeout(() => {
    soon = 0;
    madeAt = Date.now();
    const part = document.getElementById("line");
    if (!part.querySelector("details[open]") && !part.contains(document.activeElement?.closest("input"))) refresh(part);
  }, Math.max(SOON, madeAt + EVERY - Date.now()));
}

document.addEventListener("desk:news", ({ detail }) => ["message", "read"].includes(detail.kind) && refreshLine());
document.addEventListener("change", ({ target }) => {
  if (target.matches?.("[data-at-most]")) target.form.querySelector(".presence-keep")?.click();
});
document.addEventListener("click", (event) => {
  const quote = event.target.closest("[data-quote]");
  if (!quote) return;
  insert(document.getElementById("reply-body"), quote.dataset.quote);
  document.getElementById("articles").close();
});
document.addEventListener("input", ({ target }) => target.id === "articles-q" && seek(target));
document.addEventListener("htmx:afterSettle", () => learnLine());

let sought = 0;
function seek(field) {
  clearTimeout(sought);
  sought = setTimeout(async () => {
    const answer = await fetch(`${field.dataset.articles}?q=${encodeURIComponent(field.value)}`, asked).catch(() => null);
    if (answer?.ok) document.getElementById("articles-found").innerHTML = await answer.text();
  }, 200);
}

if (document.getElementById("line")) {
  new MutationObserver(learnLine).observe(document.getElementById("chat-panes"), { childList: true, subtree: true });
  learnLine();
}
