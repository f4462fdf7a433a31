// The year of a calendar: a date says what it is on hover and focus, and the arrow keys go from date to date.

class YearGrid extends HTMLElement {
  connectedCallback() {
    this.addEventListener("pointerover", (event) => this.tell(event.target.closest("[data-name]")));
    this.addEventListener("pointerleave", () => this.tell(null));
    this.addEventListener("focusin", (event) => this.tell(event.target.closest("[data-name]")));
    this.addEventListener("focusout", () => this.tell(null));
    this.addEventListener("keydown", (event) => this.step(event));
  }

  step(event) {
    if (event.key === "Escape") return this.tell(null);
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 7, ArrowUp: -7, Home: -366, End: 366 }[event.key];
    if (!move) return;
    event.preventDefault();
    const dates = [...this.querySelectorAll(".date")];
    const at = dates.indexOf(document.activeElement);
    const next = dates[Math.min(Math.max(at + move, 0), dates.length - 1)];
    for (const date of dates) date.tabIndex = date === next ? 0 : -1;
    next.focus();
  }

  tell(date) {
    if (!date) return this.tip?.remove();
    this.tip ??= Object.assign(document.createElement("div"), { className: "tip" });
    this.tip.setAttribute("aria-hidden", "true");
    this.tip.textContent = date.dataset.name;
    document.body.append(this.tip);
    const box = date.getBoundingClientRect();
    const left = Math.min(Math.max(box.x + box.width / 2 - this.tip.offsetWidth / 2, 8), innerWidth - this.tip.offsetWidth - 8);
    const above = box.y - this.tip.offsetHeight - 6;
    this.tip.style.left = `${left}px`;
    this.tip.style.top = `${above < 8 ? box.bottom + 6 : above}px`;
  }
}

customElements.define("year-grid", YearGrid);

// Where the subjects stand in one row, the current one is in sight.
document.querySelector(".rules-nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
