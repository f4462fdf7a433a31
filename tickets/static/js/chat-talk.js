// One conversation on the desk. Messages come by number: news only say that there is one, what was said is fetched after
// the last that stands here.

import { say as wish } from "./desk.js";
import { remind } from "./chat-reminders.js";
import { asked, SECOND, Sending } from "./chat-sending.js";

const PAGE = 100;
const FALLBACK = 20 * SECOND;

/** One conversation: what was said, who types, and with what it is written. */
class ChatTalk extends Sending {
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
}

customElements.define("chat-talk", ChatTalk);
