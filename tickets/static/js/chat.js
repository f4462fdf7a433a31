// The chat desk. Messages come by number: news only say that there is one, what was said is fetched after the last that
// stands here. What is sent has a name of its own, so that sending it again after a broken line doubles nothing.

import { refresh } from "./live.js";
import { say as wish } from "./desk.js";
import { note } from "./here.js";
import { readSwitch, remind } from "./chat-reminders.js";
import { Canned, insert } from "./chat-writing.js";
import "./waits.js";

const SECOND = 1000;
const PAGE = 100;
const FALLBACK = 20 * SECOND;
const asked = { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" };
const title = document.title;
const typing = (target) => target.closest?.("input:not([type=radio]), textarea, select, [contenteditable]");
const name = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Return a file's size as people say it. */
function sized(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** One conversation: what was said, what is being sent, who types, and the two forms to write in. */
class ChatTalk extends HTMLElement {
  /** A page that moves on to another conversation puts the element in before what is in it. */
  connectedCallback() {
    queueMicrotask(() => this.isConnected && this.ended?.signal.aborted !== false && this.begin());
  }

  begin() {
    this.words = JSON.parse(this.querySelector("[data-words]").textContent);
    this.log = this.querySelector("[data-log]");
    this.scroller = this.querySelector("[data-scroll]");
    this.waiting = this.querySelector("[data-waiting-to-go]");
    this.largest = Number(this.querySelector("[data-largest]").dataset.largest);
    this.ended = new AbortController();
    this.files = [];
    this.queue = JSON.parse(sessionStorage.getItem(this.key("queue")) ?? "[]");
    this.readUpto = 0;
    this.isAtEnd = true;
    this.listen();
    for (const form of this.forms()) this.wire(form);
    this.follow();
    this.drawQueue();
    this.down();
    wish();
    this.show();
    this.catchUp();
    this.flush();
  }

  disconnectedCallback() {
    this.ended?.abort();
    this.watcher?.disconnect();
    clearInterval(this.fallback);
    clearTimeout(this.retry);
  }

  key(kind) {
    return `chat-${kind}:${this.dataset.user}:${this.dataset.code}`;
  }

  forms() {
    return [...this.querySelectorAll(".chat-form")];
  }

  /** On a narrow screen the conversation is a screen of its own: go there. */
  show() {
    const panes = document.getElementById("chat-panes");
    const talk = document.getElementById("talk");
    if (panes.scrollWidth > panes.clientWidth) panes.scrollTo({ left: talk.offsetLeft, behavior: "instant" });
  }

  listen() {
    const { signal } = this.ended;
    document.addEventListener("desk:news", ({ detail }) => detail.topic === this.dataset.topic && this.hear(detail), { signal });
    document.addEventListener("desk:look", () => this.again(), { signal });
    document.addEventListener("visibilitychange", () => this.read(), { signal });
    addEventListener("focus", () => this.read(), { signal });
    addEventListener("online", () => this.again(), { signal });
    addEventListener("offline", () => this.offline(true), { signal });
    this.scroller.addEventListener("scroll", () => this.scrolled(), { signal, passive: true });
    // A picture that has come is taller than the place that was kept for it.
    this.log.addEventListener("load", () => this.isAtEnd && this.down(), { signal, capture: true });
    this.querySelector("[data-down]").addEventListener("click", () => this.down(), { signal });
    this.querySelector("[data-earlier]")?.addEventListener("click", (event) => this.earlier(event), { signal });
    this.addEventListener("dragover", (event) => event.preventDefault(), { signal });
    this.addEventListener("drop", (event) => this.dropped(event), { signal });
    this.fallback = setInterval(() => document.visibilityState === "visible" && this.again(), FALLBACK);
  }

  hear(news) {
    if (news.kind === "typing") return this.typed(news);
    if (news.kind === "message") this.quiet();
    this.catchUp();
  }

  again() {
    this.catchUp();
    this.flush();
  }

  // What was said

  last() {
    return Number(this.log.lastElementChild?.dataset.number ?? 0);
  }

  async catchUp() {
    if (this.isFetching) return (this.isMissed = true);
    this.isFetching = true;
    try {
      do {
        this.isMissed = false;
        const answer = await fetch(`${this.dataset.messages}?after=${this.last()}`, asked);
        if (answer.redirected) return location.reload();
        if (!answer.ok) break;
        if (this.add(await answer.text()) >= PAGE) this.isMissed = true;
        this.offline(false);
      } while (this.isMissed && this.isConnected);
    } catch {
      this.offline(true);
    } finally {
      this.isFetching = false;
    }
  }

  /** Add lines that do not stand here yet, in their order, and return how many came. */
  add(html) {
    const box = document.createElement("template");
    box.innerHTML = html;
    const part = box.content.querySelector("ol");
    const isNear = this.isAtEnd;
    const came = [...part.children];
    const fresh = came.filter((line) => !document.getElementById(line.id));
    for (const line of fresh) {
      const next = [...this.log.children].find((one) => Number(one.dataset.number) > Number(line.dataset.number));
      this.log.insertBefore(line, next ?? null);
      this.arrived(line);
    }
    this.mark(Number(part.dataset.readUpto));
    if (fresh.length && isNear) this.down();
    else if (fresh.length) this.querySelector("[data-down]").hidden = false;
    this.read();
    return came.length;
  }

  arrived(line) {
    if (line.dataset.client) this.done(line.dataset.client);
    if (line.classList.contains("said--customer")) {
      this.quiet();
      remind(this.words.new_message, this.dataset.code);
    }
  }

  async earlier(event) {
    event.preventDefault();
    const link = event.currentTarget;
    const answer = await fetch(`${this.dataset.messages}?before=${link.dataset.earlier}`, asked);
    if (!answer.ok) return;
    const height = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.add(await answer.text());
    this.scroller.scrollTop = this.scroller.scrollHeight - height;
    const first = Number(this.log.firstElementChild?.dataset.number ?? 1);
    link.dataset.earlier = first;
    link.parentElement.hidden = first <= 1;
  }

  isNear() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < 80;
  }

  scrolled() {
    this.isAtEnd = this.isNear();
    this.read();
  }

  down() {
    this.isAtEnd = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    this.querySelector("[data-down]").hidden = true;
  }

  /** Show up to which of our messages the customer has read. */
  mark(upto) {
    for (const line of this.log.querySelectorAll(".said--agent")) {
      const told = line.querySelector(".said-read");
      if (told) told.hidden = Number(line.dataset.number) !== upto;
    }
  }

  /** Tell how far the one who has it open has read, while they look at it. */
  read() {
    const last = this.last();
    if (this.dataset.in !== "yes" || document.visibilityState !== "visible" || !this.isNear() || last <= this.readUpto) return;
    this.readUpto = last;
    this.querySelector("[data-down]").hidden = true;
    this.post(this.dataset.read, new URLSearchParams({ number: last })).catch(() => (this.readUpto = 0));
  }

  /** The head is made anew when the conversation stands otherwise: what may be done goes with it. */
  follow() {
    const head = this.querySelector("#chat-head");
    const learn = () => {
      const { may, in: isIn, state } = head.querySelector(".chat-head").dataset;
      Object.assign(this.dataset, { may, in: isIn, state });
      const mode = this.querySelector("#mode-reply");
      if (!may.includes("reply") && mode.checked) this.querySelector("#mode-whisper").checked = true;
      this.read();
    };
    learn();
    this.watcher = new MutationObserver(learn);
    this.watcher.observe(head, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-may", "data-in"] });
  }

  // Who types

  typed({ who, name }) {
    if (who === "agent" && name === this.dataset.me) return;
    const line = this.querySelector("[data-typing-line]");
    line.textContent = who === "agent" ? this.words.typing_agent.replace("{name}", () => name) : this.words.typing_customer;
    line.hidden = false;
    if (this.isNear()) this.down();
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.quiet(), 5 * SECOND);
  }

  quiet() {
    this.querySelector("[data-typing-line]").hidden = true;
  }

  tellTyping() {
    if (this.dataset.in !== "yes" || Date.now() - (this.toldAt ?? 0) < 3 * SECOND) return;
    this.toldAt = Date.now();
    this.post(this.dataset.typing, new URLSearchParams()).catch(() => {});
  }

  // Writing

  wire(form) {
    const { mode } = form.dataset;
    const field = form.elements.body;
    const key = this.key(`draft-${mode}`);
    const { signal } = this.ended;
    // The field may have come along from the conversation before: neither its words nor what listens to it stay.
    field.value = field.defaultValue || (sessionStorage.getItem(key) ?? "");
    field.addEventListener("input", () => {
      sessionStorage.setItem(key, field.value);
      if (mode === "reply" && field.value && !field.value.startsWith("/")) this.tellTyping();
    }, { signal });
    if (mode === "reply") {
      this.canned = new Canned(field, this.querySelector("#canned-list"), this.dataset.canned, this.words, signal);
      field.addEventListener("paste", (event) => this.pick(event.clipboardData.files, event), { signal });
      form.querySelector("[data-files]").addEventListener("change", ({ target }) => {
        this.pick(target.files);
        target.value = "";
      }, { signal });
    }
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
      event.preventDefault();
      form.requestSubmit();
    }, { signal });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.send(form);
    }, { signal });
  }

  dropped(event) {
    event.preventDefault();
    if (this.dataset.may.includes("reply")) this.pick(event.dataTransfer.files);
  }

  /** Take files to go with the next message; what is too large is said at once. */
  pick(files, event) {
    if (!files?.length) return;
    event?.preventDefault();
    this.querySelector("#mode-reply").checked = true;
    const refused = [];
    for (const file of files) {
      if (file.size > this.largest) refused.push(this.words.too_large.replace("{name}", () => file.name).replace("{size}", () => sized(file.size)));
      else this.files.push(file);
    }
    this.refused(refused.length ? { detail: refused.join(" "), ways_on: [] } : null);
    this.drawPicked();
  }

  drawPicked() {
    const list = this.querySelector("[data-picked]");
    list.replaceChildren(...this.files.map((file, place) => {
      const item = document.createElement("li");
      const remove = Object.assign(document.createElement("button"), { type: "button", className: "button button--plain", textContent: "×" });
      remove.setAttribute("aria-label", this.words.remove.replace("{name}", () => file.name));
      remove.addEventListener("click", () => {
        this.files.splice(place, 1);
        this.drawPicked();
      });
      item.append(`${file.name} · ${sized(file.size)} `, remove);
      return item;
    }));
  }

  send(form) {
    const { mode } = form.dataset;
    const body = form.elements.body.value;
    const files = mode === "reply" ? this.files : [];
    if (!body.trim() && !files.length) return form.elements.body.focus();
    this.queue.push({ mode, body, client_id: name(), files });
    if (mode === "reply") this.files = [];
    form.elements.body.value = "";
    sessionStorage.removeItem(this.key(`draft-${mode}`));
    this.refused(null);
    this.drawPicked();
    this.keep();
    this.down();
    this.flush();
    form.elements.body.focus();
  }

  keep() {
    const kept = this.queue.map(({ mode, body, client_id }) => ({ mode, body, client_id })).filter((one) => one.body.trim());
    sessionStorage.setItem(this.key("queue"), JSON.stringify(kept));
    this.drawQueue();
  }

  drawQueue() {
    this.waiting.replaceChildren(...this.queue.map((one) => {
      const item = document.createElement("li");
      item.className = `said said--agent said--mine said--pending${one.mode === "whisper" ? " said--whisper" : ""}`;
      const text = Object.assign(document.createElement("div"), { className: "said-body prose" });
      text.textContent = [one.body, ...(one.files ?? []).map((file) => `[${file.name} · ${sized(file.size)}]`)].filter(Boolean).join("\n");
      const state = Object.assign(document.createElement("p"), { className: "small quiet" });
      state.textContent = this.isOffline ? this.words.queued : this.words.sending;
      item.append(text, state);
      return item;
    }));
  }

  /** Send what waits, one after the other; a broken line is tried again, a refusal gives the words back. */
  async flush() {
    if (this.isSending) return;
    this.isSending = true;
    try {
      while (this.queue.length && this.isConnected) {
        const one = this.queue[0];
        const answer = await this.post(this.dataset.say, this.bodyOf(one));
        if (answer.redirected) return location.reload();
        if (answer.status >= 500 || answer.status === 429) throw new Error(String(answer.status));
        if (!answer.ok) this.giveBack(one, await answer.json().catch(() => ({})));
        else if (this.isConnected) this.add(await answer.text());
        this.done(one.client_id);
        this.offline(false);
      }
      this.patience = 1;
    } catch {
      this.offline(true);
      this.patience = Math.min((this.patience ?? 1) * 2, 15);
      clearTimeout(this.retry);
      this.retry = setTimeout(() => this.flush(), this.patience * SECOND);
    } finally {
      this.isSending = false;
    }
  }

  bodyOf({ mode, body, client_id, files }) {
    const said = new FormData();
    for (const [field, value] of Object.entries({ mode, body, client_id, after: this.last() })) said.append(field, value);
    for (const file of files ?? []) said.append("file", file, file.name);
    return said;
  }

  done(client) {
    const before = this.queue.length;
    this.queue = this.queue.filter((one) => one.client_id !== client);
    if (this.queue.length !== before) this.keep();
  }

  giveBack({ mode, body, files }, refusal) {
    const field = this.forms().find((form) => form.dataset.mode === mode).elements.body;
    field.value = [body, field.value].filter(Boolean).join("\n");
    field.dispatchEvent(new Event("input"));
    this.files.push(...(files ?? []));
    this.drawPicked();
    this.refused(refusal);
  }

  refused(refusal) {
    const place = this.querySelector("[data-refused]");
    place.hidden = !refusal;
    place.replaceChildren();
    if (!refusal) return;
    const box = Object.assign(document.createElement("div"), { className: "refused", role: "alert" });
    const detail = document.createElement("strong");
    detail.textContent = refusal.detail ?? JSON.parse(document.getElementById("words").textContent).unsent;
    const ways = document.createElement("ul");
    ways.className = "small";
    for (const way of refusal.ways_on ?? []) ways.append(Object.assign(document.createElement("li"), { textContent: way }));
    box.append(detail, ways);
    place.append(box);
  }

  offline(isOffline) {
    if (this.isOffline === isOffline) return;
    this.isOffline = isOffline;
    this.querySelector("[data-offline]").hidden = !isOffline;
    this.drawQueue();
    if (this.isAtEnd) this.down();
    if (!isOffline) this.flush();
  }

  post(address, body) {
    const token = this.querySelector("[name=csrfmiddlewaretoken]").value;
    return fetch(address, { ...asked, method: "POST", body, headers: { ...asked.headers, "X-CSRFToken": token } });
  }
}

// The left of the desk: counts in the title, what may be heard, who waits.

const line = () => document.querySelector("#line .line");
let known = "";
let waitingBefore = Number(line()?.dataset.waiting ?? 0);
let soon = 0;

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
  clearTimeout(soon);
  soon = setTimeout(() => {
    const part = document.getElementById("line");
    if (!part.querySelector("details[open]") && !part.contains(document.activeElement?.closest("input"))) refresh(part);
  }, 200);
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
customElements.define("chat-talk", ChatTalk);

// Keys

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
