// Writing to a customer: ready words by "/", and text put in where the caret stands.

const MOST = 8;

/** Put text where the caret stands, as if it were typed. */
export function insert(field, text) {
  const [start, end] = [field.selectionStart, field.selectionEnd];
  field.setRangeText(text, start, end, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** Ready words: a field that holds "/" and a few letters shows what they may mean. */
export class Canned {
  constructor(field, list, address, words, signal) {
    Object.assign(this, { field, list, address, words, found: [], at: 0 });
    this.close();
    field.addEventListener("input", () => this.look(), { signal });
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150), { signal });
    field.addEventListener("keydown", (event) => this.key(event), { signal });
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-place]");
      if (option) this.take(Number(option.dataset.place));
    }, { signal });
  }

  async look() {
    const asked = /^\/(\S*)$/.exec(this.field.value);
    if (!asked) return this.close();
    this.all ??= await this.fetched();
    if (!this.all || !this.field.value.startsWith("/")) return;
    const sought = this.field.value.slice(1).toLowerCase();
    this.found = this.all.filter((one) => `${one.shortcut} ${one.title} ${one.body}`.toLowerCase().includes(sought));
    this.found.sort((one, other) => other.shortcut.startsWith(sought) - one.shortcut.startsWith(sought));
    this.found = this.found.slice(0, MOST);
    this.at = 0;
    this.draw();
  }

  async fetched() {
    const answer = await fetch(this.address, { credentials: "same-origin" }).catch(() => null);
    return answer?.ok ? (await answer.json()).answers : null;
  }

  draw() {
    this.list.hidden = false;
    const none = { shortcut: "", title: this.words.no_canned, body: "" };
    const shown = this.found.length ? this.found : [none];
    this.list.replaceChildren(...shown.map((one, place) => this.option(one, place)));
    if (this.found.length) this.field.setAttribute("aria-activedescendant", `canned-${this.at}`);
  }

  option(one, place) {
    const item = document.createElement("li");
    Object.assign(item, { id: `canned-${place}`, role: "option", ariaSelected: String(place === this.at) });
    if (this.found.length) item.dataset.place = place;
    else item.setAttribute("aria-disabled", "true");
    const [name, text] = [document.createElement("strong"), document.createElement("span")];
    name.textContent = one.shortcut ? `/${one.shortcut} ${one.title}` : one.title;
    text.className = "one-line small quiet";
    text.textContent = one.body;
    item.append(name, text);
    return item;
  }

  key(event) {
    if (this.list.hidden || event.isComposing) return;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") {
      event.stopPropagation();
      return this.close();
    }
    if (!this.found.length) return;
    if (move) {
      this.at = (this.at + move + this.found.length) % this.found.length;
      this.draw();
    } else if (event.key === "Enter" || event.key === "Tab") {
      this.take(this.at);
    } else return;
    event.preventDefault();
  }

  take(place) {
    this.field.value = "";
    insert(this.field, this.found[place].body);
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.field.removeAttribute("aria-activedescendant");
  }
}
