// The desk by keys alone.

import { insert } from "./chat-writing.js";

const typing = (target) => target.closest?.("input:not([type=radio]), textarea, select, [contenteditable]");

function write(mode) {
  const radio = document.getElementById(`mode-${mode}`);
  const talk = document.querySelector("chat-talk");
  if (!radio || !talk.dataset.may.includes(mode)) return null;
  radio.checked = true;
  const field = document.getElementById(`${mode}-body`);
  field.focus();
  return field;
}

function open(id) {
  const part = document.getElementById(id);
  if (!part) return;
  part.open = true;
  part.querySelector("select, button:not(summary)")?.focus();
}

const keys = {
  n: () => document.querySelector("[data-key=next]")?.click(),
  r: () => write("reply"),
  w: () => write("whisper"),
  "/": () => {
    const field = write("reply");
    if (field && !field.value) insert(field, "/");
  },
  q: () => document.querySelector("chat-talk")?.dataset.may.includes("reply") && document.querySelector("[data-key=quote]")?.click(),
  t: () => document.querySelector("[data-key=ticket]")?.click(),
  e: () => open("end"),
  "?": () => document.getElementById("chat-keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((one) => (one.open = false));
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  act();
}, true);
document.addEventListener("click", (event) => {
  for (const one of document.querySelectorAll("details.menu[open]")) if (!one.contains(event.target)) one.open = false;
});
