// What an agent writes into a conversation. What is sent has a name of its own, so that sending it again after a broken
// line doubles nothing.

import { Canned } from "./chat-writing.js";

export const SECOND = 1000;
/** How a script of the desk asks. */
export const asked = { headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" };
const name = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Return a file's size as people say it. */
function sized(bytes) {
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

/** The half of a conversation that is written: two forms, files to go along, and what is on its way. */
export class Sending extends HTMLElement {
  key(kind) {
    return `chat-${kind}:${this.dataset.user}:${this.dataset.code}`;
  }

  forms() {
    return [...this.querySelectorAll(".chat-form")];
  }

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
