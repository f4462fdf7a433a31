// The panel: its head, what was said, what can be done, and the line to write in.

import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

import { File, Picture, Sketch } from "./files.js";
import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Rating, TicketForm } from "./forms.js";
import { Text } from "./text.js";
import { clock, moment, zone } from "./time.js";

const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/bmp"];

export function App({ store, words, config }) {
  const [, again] = useReducer(n => n + 1, 0);
  useEffect(() => store.subscribe(again), []);
  const { state } = store, panel = useRef(), launcher = useRef(), was = useRef(state.isOpen);
  const [isSmall, setSmall] = useState(matchMedia("(max-width: 520px)").matches);
  useEffect(() => {
    const query = matchMedia("(max-width: 520px)"), on = () => setSmall(query.matches);
    query.addEventListener("change", on);
    return () => query.removeEventListener("change", on);
  }, []);
  useEffect(() => {
    if (was.current && !state.isOpen) launcher.current?.focus();
    was.current = state.isOpen;
  }, [state.isOpen]);
  // What had the focus may be gone with the form: keys must still reach the window.
  useLayoutEffect(() => {
    if (panel.current && !config.inline && !panel.current.getRootNode().activeElement) panel.current.focus();
  }, [state.view]);
  const isModal = isSmall && !config.inline;

  function key(event) {
    if (event.key === "Escape" && !config.inline && !event.isComposing) {
      event.stopPropagation();
      if (state.view !== "chat") store.set({ view: "chat" });
      else store.close();
    }
    if (event.key === "Tab" && isModal) trap(event, panel.current);
  }

  return html`
    ${!config.inline && !state.isOpen && html`
      <button ref=${launcher} class="launcher" type="button" onClick=${store.open} aria-haspopup="dialog"
        aria-label=${state.unread ? `${words.open}, ${words.unread(state.unread)}` : words.open}>
        <${Icon} name="chat" /><span>${words.title}</span>
        ${state.unread > 0 && html`<span class="badge">${Math.min(state.unread, 99)}</span>`}
      </button>`}
    ${state.isOpen && html`
      <section ref=${panel} class="panel" tabindex="-1" role=${config.inline ? "region" : "dialog"} aria-modal=${isModal ? "true" : undefined}
        aria-label=${words.title} onKeyDown=${key}>
        <${Head} store=${store} words=${words} config=${config} />
        <${Body} store=${store} words=${words} config=${config} />
      </section>`}`;
}

/** Keep the focus inside while nothing else of the page can be seen. */
function trap(event, panel) {
  const found = [...panel.querySelectorAll("button, a[href], input, select, textarea, [tabindex='0']")].filter(one => !one.disabled && one.offsetParent !== null);
  const here = panel.getRootNode().activeElement, first = found[0], last = found[found.length - 1];
  if (event.shiftKey && (here === first || here === panel)) last.focus();
  else if (!event.shiftKey && here === last) first.focus();
  else return;
  event.preventDefault();
}

function standing(state, words) {
  if (!state.chat) return state.phase === "loading" ? words.connecting : "";
  if (state.chat.state === "active") return words.active(state.chat.agent || words.someone);
  return words[state.chat.state];
}

function Head({ store, words, config }) {
  const { state } = store;
  return html`
    <header class=${`head is-${state.chat?.state || "none"}`}>
      ${state.view !== "chat" && html`<button type="button" class="plain" aria-label=${words.back} onClick=${() => store.set({ view: "chat" })}><${Icon} name="back" /></button>`}
      <div class="who"><h2>${words.title}</h2><p role="status">${standing(state, words)}</p></div>
      ${!config.inline && html`<button type="button" class="plain" aria-label=${words.close} onClick=${store.close}><${Icon} name="down" /></button>`}
    </header>`;
}

function Body({ store, words, config }) {
  const { state } = store;
  if (state.phase === "failed")
    return html`<div class="blank" role="alert"><p>${state.problem}</p><button type="button" class="first" onClick=${store.start}>${words.tryAgain}</button></div>`;
  if (!state.chat) return html`<div class="blank"><p role="status">${words.connecting}</p></div>`;
  if (state.view === "ticket") return html`<${TicketForm} store=${store} words=${words} config=${config} />`;
  return html`<${Talk} store=${store} words=${words} config=${config} />`;
}

function Talk({ store, words, config }) {
  const { state } = store, log = useRef(), isAtEnd = useRef(true), [hasNew, setNew] = useState(false);
  const size = state.messages.length + state.pending.length;
  useLayoutEffect(() => {
    if (isAtEnd.current) log.current.scrollTop = log.current.scrollHeight;
    else setNew(true);
  }, [size, state.typing]);
  useLayoutEffect(() => {
    log.current.scrollTop = log.current.scrollHeight;
  }, []);
  function scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = log.current;
    isAtEnd.current = scrollHeight - scrollTop - clientHeight < 48;
    if (isAtEnd.current) setNew(false);
  }
  const toEnd = () => ((log.current.scrollTop = log.current.scrollHeight), setNew(false));
  const isEnded = state.chat.state === "ended";
  function dropped(event) {
    event.preventDefault();
    if (!isEnded) [...(event.dataTransfer?.files || [])].forEach(store.sendFile);
  }
  return html`
    <div class="log" ref=${log} onDragOver=${event => event.preventDefault()} onDrop=${dropped} role="log" aria-live="polite" aria-relevant="additions" aria-label=${words.log} tabindex="0" onScroll=${scrolled}>
      <p class="zone">${words.zone(zone())}</p>
      ${state.messages.map((message, place) => html`<${Message} key=${message.number} message=${message} before=${state.messages[place - 1]} store=${store} words=${words} config=${config} />`)}
      ${state.pending.map(item => html`<${Pending} key=${item.id} item=${item} store=${store} words=${words} />`)}
      ${state.typing && html`<p class="typing">${words.typing(state.typing)}</p>`}
    </div>
    ${hasNew && html`<button type="button" class="jump" onClick=${toEnd}><${Icon} name="down" />${words.newMessages}</button>`}
    <div class="foot">
      <${Notice} store=${store} words=${words} />
      ${isEnded ? html`<${Rating} store=${store} words=${words} />` : html`<${Acts} store=${store} words=${words} /><${Composer} store=${store} words=${words} />`}
    </div>`;
}

function Notice({ store, words }) {
  const { state } = store, { chat } = state;
  if (!state.isOnline) return html`<p class="notice is-off" role="status">${words.offline}</p>`;
  if (state.problem) return html`<p class="notice is-off" role="alert">${state.problem}</p>`;
  if (!state.isConnected && chat.state !== "ended" && state.wasConnected) return html`<p class="notice" role="status">${words.reconnecting}</p>`;
  if (chat.opens_at) return html`<p class="notice is-waiting" role="status">${words.shut(moment(chat.opens_at, chat.zone, words.around))}</p>`;
  if (chat.state === "waiting")
    return html`<div class="notice is-waiting" role="status"><p><strong>${words.place(chat.place, chat.agents)}</strong></p>
      <p>${chat.estimate ? words.estimate(chat.estimate) : words.noEstimate}</p><p>${words.soon}</p></div>`;
  return null;
}

function Acts({ store, words }) {
  const { state } = store, [isSure, setSure] = useState(false);
  if (isSure)
    return html`<div class="acts" role="group" aria-label=${words.endSure}><span>${words.endSure}</span>
      <button type="button" class="chip" onClick=${() => (setSure(false), store.end())}>${words.yes}</button>
      <button type="button" class="chip" onClick=${() => setSure(false)}>${words.no}</button></div>`;
  return html`
    <div class="acts">
      ${state.chat.state === "bot" && html`<button type="button" class="chip" disabled=${state.isBusy === "human"} onClick=${store.handOff}><${Icon} name="person" />${state.isBusy === "human" ? words.asking : words.human}</button>`}
      <button type="button" class="chip" onClick=${() => store.set({ view: "ticket", told: null, problem: "" })}><${Icon} name="ticket" />${words.ticket}</button>
      ${state.chat.ticket && html`<a class="chip" href=${state.chat.ticket.url} target="_blank" rel="noopener">${words.yourTicket(state.chat.ticket.number)}<span class="hidden">${words.newTab}</span></a>`}
      <button type="button" class="chip is-last" onClick=${() => setSure(true)}>${words.end}</button>
    </div>`;
}

function Composer({ store, words }) {
  const field = useRef(), file = useRef(), [isEmpty, setEmpty] = useState(true);
  useEffect(() => {
    field.current.value = store.draft();
    grow();
  }, []);
  useEffect(() => {
    if (matchMedia("(hover: hover)").matches && !store.config.inline) field.current?.focus();
  }, []);
  function grow() {
    store.draft(field.current.value);
    setEmpty(!field.current.value.trim());
    field.current.style.height = "auto";
    field.current.style.height = `${Math.min(field.current.scrollHeight, 120)}px`;
  }
  function send(event) {
    event?.preventDefault();
    store.say(field.current.value);
    field.current.value = "";
    grow();
    field.current.focus();
  }
  function key(event) {
    // An input method that is choosing a word uses Enter for itself.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  }
  const chosen = () => {
    for (const one of file.current.files) store.sendFile(one);
    file.current.value = "";
  };
  function pasted(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length) return;
    event.preventDefault();
    files.forEach(store.sendFile);
  }
  return html`
    <form class="compose" onSubmit=${send}>
      <button type="button" class="plain" aria-label=${words.attach} title=${words.attach} onClick=${() => file.current.click()}><${Icon} name="clip" /></button>
      <input ref=${file} type="file" class="hidden" tabindex="-1" aria-hidden="true" multiple onChange=${chosen} />
      <textarea ref=${field} rows="1" maxlength="4000" aria-label=${words.say} placeholder=${words.placeholder} onInput=${() => (grow(), store.typing())} onKeyDown=${key} onPaste=${pasted}></textarea>
      <button type="submit" class="first round" aria-label=${words.send} disabled=${isEmpty}><${Icon} name="send" /></button>
    </form>`;
}

function Message({ message, before, store, words, config }) {
  if (message.kind === "event") return html`<p class=${`event${message.body.includes("\n") ? " is-long" : ""}`}><${Text} body=${message.body} /> <time>${clock(message.at)}</time></p>`;
  const isMine = message.author === "customer";
  const isSame = before && before.kind !== "event" && before.author === message.author && before.name === message.name;
  const isRead = isMine && store.state.chat.agent_read >= message.number;
  return html`
    <div class=${`say ${isMine ? "is-mine" : `is-${message.author}`}`}>
      ${!isSame && html`<p class="name">${isMine ? words.me : message.name}</p>`}
      ${message.body && html`<div class="bubble"><${Text} body=${message.body} /></div>`}
      ${message.files.map(file => (PICTURES.includes(file.content_type) ? html`<${Picture} file=${file} store=${store} words=${words} />` : html`<${File} file=${file} store=${store} words=${words} />`))}
      <${Articles} message=${message} words=${words} config=${config} />
      ${message.fields.known && html`<${Judge} message=${message} store=${store} words=${words} />`}
      <p class="when"><time datetime=${message.at}>${clock(message.at)}</time>${isMine && store.state.chat.state === "active" ? html` · ${isRead ? words.read : words.sent}` : ""}</p>
    </div>`;
}

function Articles({ message, words, config }) {
  const found = message.fields.articles || [];
  if (!found.length) return null;
  return html`
    <ul class="articles" aria-label=${words.articles}>
      ${found.map(one => html`<li>${one.url
        ? html`<a href=${new URL(one.url, config.base).href} target="_blank" rel="noopener"><${Icon} name="article" /><span>${one.title}</span><span class="hidden">${words.newTab}</span></a>`
        : html`<span class="unlinked"><${Icon} name="article" /><span>${one.title}</span></span>`}</li>`)}
    </ul>`;
}

function Judge({ message, store, words }) {
  const said = message.fields.helpful;
  const button = (value, text) =>
    html`<button type="button" class="chip is-small" aria-pressed=${said === value ? "true" : "false"} onClick=${() => store.judge(message.number, value)}>${text}</button>`;
  return html`<p class="judge">${button(true, words.helpful)}${button(false, words.unhelpful)}${said !== undefined && html`<span role="status">${words.judged}</span>`}</p>`;
}

function Pending({ item, store, words }) {
  const stands = { queued: words.queued, sending: item.file ? words.uploading(item.progress) : words.sending, failed: words.failed }[item.state];
  return html`
    <div class=${`say is-mine is-pending is-${item.state}`}>
      <div class="bubble">${item.file ? html`${PICTURES.includes(item.file.type) && html`<${Sketch} item=${item} />`}<${Icon} name="file" /> ${item.name}` : item.body}</div>
      ${item.file && item.state === "sending" && html`<progress max="100" value=${item.progress} aria-label=${words.uploading(item.progress)}></progress>`}
      <p class="when">${stands}</p>
      ${item.why && html`<p class="why" role="alert">${item.why}</p>`}
      ${item.state === "failed" && html`<p class="judge"><button type="button" class="chip is-small" onClick=${() => store.resend(item.id)}>${words.retry}</button>
        <button type="button" class="chip is-small" onClick=${() => store.drop(item.id)}>${words.drop}</button></p>`}
    </div>`;
}
