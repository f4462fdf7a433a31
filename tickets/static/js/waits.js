// Waits that tick, by the server's clock.

const SECOND = 1000;

/** How long ago something was, ticking. Needs data-since, data-now. */
class TimeSince extends HTMLElement {
  static all = new Set();
  static drift = 0;
  static observedAttributes = ["data-now"];

  connectedCallback() {
    TimeSince.all.add(this);
    this.setAttribute("role", "timer");
    this.tick();
  }

  disconnectedCallback() {
    TimeSince.all.delete(this);
  }

  attributeChangedCallback() {
    TimeSince.drift = Date.parse(this.dataset.now) - Date.now() || 0;
  }

  tick() {
    const seconds = Math.max(0, Math.floor((Date.now() + TimeSince.drift - Date.parse(this.dataset.since)) / SECOND));
    const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
    const two = (number) => String(number).padStart(2, "0");
    const text = hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
    if (this.textContent !== text) this.textContent = text;
  }
}

customElements.define("time-since", TimeSince);
setInterval(() => document.visibilityState === "visible" && TimeSince.all.forEach((one) => one.tick()), SECOND);
