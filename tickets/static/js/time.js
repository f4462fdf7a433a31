// Working time on the page: the countdown and the strip. The server says what is open; the page only subtracts.

const SECOND = 1000;
const words = JSON.parse(document.getElementById("words")?.textContent ?? "{}");
const clocks = new Set();
// Server minus browser, learnt anew from each element that the server sends.
let drift = 0;

/** Return the working milliseconds of `open`, pairs of instants, that lie after `from`. */
export function openAfter(open, from) {
  return open.reduce((sum, [start, end]) => sum + Math.max(0, end - Math.max(start, from)), 0);
}

/** Return a length in the reader's words; seconds are said only below a minute. */
export function spoken(milliseconds) {
  const seconds = Math.floor(milliseconds / SECOND);
  if (seconds < 60) return fill(words.seconds, { s: seconds });
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return fill(words.minutes, { m: minutes });
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return rest ? fill(words.hours_minutes, { h: hours, m: rest }) : fill(words.hours, { h: hours });
}

function fill(phrase, values) {
  return (phrase ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** A countdown in working time. Needs data-now, data-due, data-open; data-after and data-over once it is late. */
class WorkingTime extends HTMLElement {
  static observedAttributes = ["data-now", "data-due", "data-state"];

  connectedCallback() {
    this.learn();
    clocks.add(this);
    this.tick();
  }

  disconnectedCallback() {
    clocks.delete(this);
  }

  attributeChangedCallback() {
    if (this.isConnected && this.open) {
      this.learn();
      this.tick();
    }
  }

  learn() {
    this.open = JSON.parse(this.dataset.open || "[]");
    this.after = JSON.parse(this.dataset.after || "[]");
    this.due = Date.parse(this.dataset.due);
    this.sent = Date.parse(this.dataset.now);
    if (this.sent) drift = this.sent - Date.now();
    this.last = undefined;
  }

  tick() {
    if (this.dataset.state !== "running" || !this.due) return;
    const now = Date.now() + drift;
    const left = openAfter(this.open, now);
    const isLate = now > this.due;
    const phrase = words[(isLate ? "over" : "left") + (this.hasAttribute("short") ? "_short" : "")];
    this.write(fill(phrase, { t: spoken(isLate ? this.overdue(now) : left) }));
    if (isLate) this.classList.replace("countdown--running", "countdown--breached");
    if (isLate) this.classList.replace("countdown--at_risk", "countdown--breached");
    if (this.hasAttribute("announce")) this.announce(isLate ? 0 : left);
  }

  overdue(now) {
    const before = Number(this.dataset.over || 0) * SECOND;
    const since = Math.max(this.sent, this.due);
    return before + openAfter(this.after, since) - openAfter(this.after, now);
  }

  write(text) {
    const place = this.firstElementChild ?? this;
    if (place.textContent !== text) place.textContent = text;
  }

  // Said once at each mark, not each second.
  announce(left) {
    const mark = [0, 60, 300, 600, 1800].find((seconds) => left <= seconds * SECOND);
    if (mark !== this.last && this.last !== undefined && mark !== undefined) say(this.textContent);
    this.last = mark ?? Infinity;
  }
}

/** Tell readers `text`, politely. */
export function say(text) {
  const live = document.getElementById("live");
  if (live) live.textContent = text;
}

/** The strip with a tip that names each interval, on hover and, by the arrow keys, on focus. */
class TimeStrip extends HTMLElement {
  isWired = false;

  connectedCallback() {
    if (this.isWired) return;
    this.isWired = true;
    this.addEventListener("pointermove", (event) => this.point(event.target.closest("[data-name]")));
    this.addEventListener("pointerleave", () => this.point(null));
    this.addEventListener("keydown", (event) => this.step(event));
    this.addEventListener("blur", () => this.point(null));
  }

  step(event) {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === "Escape") this.point(null);
    if (!move) return;
    event.preventDefault();
    const parts = [...this.querySelectorAll("[data-name]")];
    const at = parts.findIndex((part) => part.classList.contains("here"));
    const next = parts[at < 0 ? (move > 0 ? 0 : parts.length - 1) : Math.min(Math.max(at + move, 0), parts.length - 1)];
    this.point(next);
    if (next) say(next.dataset.name);
  }

  point(part) {
    for (const other of this.querySelectorAll(".here")) other.classList.remove("here");
    if (!part) return this.tip?.remove();
    part.classList.add("here");
    this.tip ??= Object.assign(document.createElement("div"), { className: "tip" });
    this.tip.textContent = part.dataset.name;
    document.body.append(this.tip);
    const box = part.getBoundingClientRect();
    const left = Math.min(Math.max(box.x + box.width / 2 - this.tip.offsetWidth / 2, 8), innerWidth - this.tip.offsetWidth - 8);
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${box.y - this.tip.offsetHeight - 8}px`;
  }
}

customElements.define("working-time", WorkingTime);
customElements.define("time-strip", TimeStrip);
setInterval(() => {
  if (document.visibilityState === "visible") for (const clock of clocks) clock.tick();
}, SECOND);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") for (const clock of clocks) clock.tick();
});
