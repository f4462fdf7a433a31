// Texts whose lines are numbered, and work that is followed while it goes on.

/** A text area with its lines numbered beside it. */
class CodeText extends HTMLElement {
  connectedCallback() {
    this.area = this.querySelector("textarea");
    this.gutter = this.querySelector(".gutter");
    this.area?.addEventListener("input", () => this.count());
    this.area?.addEventListener("keydown", (event) => this.indent(event));
    document.addEventListener("click", (event) => this.jump(event));
  }

  count() {
    const wanted = this.area.value.split("\n").length;
    this.area.rows = wanted;
    while (this.gutter.children.length > wanted) this.gutter.lastElementChild.remove();
    while (this.gutter.children.length < wanted) {
      this.gutter.append(Object.assign(document.createElement("li"), { textContent: this.gutter.children.length + 1 }));
    }
  }

  /** Enter keeps the indentation of the line that it ends; Tab stays the key that leaves the field. */
  indent(event) {
    if (event.key !== "Enter" || event.isComposing || event.ctrlKey || event.metaKey) return;
    const line = this.area.value.slice(0, this.area.selectionStart).split("\n").pop();
    const spaces = line.match(/^ */)[0];
    if (!spaces) return;
    event.preventDefault();
    this.area.setRangeText(`\n${spaces}`, this.area.selectionStart, this.area.selectionEnd, "end");
    this.count();
  }

  /** The number of a line in the list of mistakes leads to that line. */
  jump(event) {
    const link = event.target.closest("[data-line]");
    if (!link || !this.area) return;
    event.preventDefault();
    const lines = this.area.value.split("\n");
    const start = lines.slice(0, link.dataset.line - 1).join("\n").length + (link.dataset.line > 1 ? 1 : 0);
    this.area.focus();
    this.area.setSelectionRange(start, start + (lines[link.dataset.line - 1] ?? "").length);
    document.getElementById(`line-${link.dataset.line}`)?.scrollIntoView({ block: "center" });
  }
}

const EVERY = 1000;

/** Progress that is fetched each second; once the work is over the page shows what came of it. */
class FollowWork extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.look(), EVERY);
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  async look() {
    if (document.visibilityState !== "visible" || this.isBusy) return;
    this.isBusy = true;
    try {
      const answer = await fetch(this.dataset.from, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
      if (answer.redirected) return location.reload();
      if (answer.ok) this.show(await answer.text());
    } catch {
      // The next look may get through.
    } finally {
      this.isBusy = false;
    }
  }

  show(part) {
    this.innerHTML = part;
    if (!this.querySelector("[data-unfinished]")) {
      clearInterval(this.timer);
      location.reload();
    }
  }
}

customElements.define("code-text", CodeText);
customElements.define("follow-work", FollowWork);
