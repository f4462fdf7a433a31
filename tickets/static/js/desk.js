// Live news for every tab of the console over one stream a browser: the tab that holds the lock opens it and passes on
// what it hears; when that tab closes, another takes over. News only say that something happened: each part fetches
// what its reader may see.
//
//   data-stream="address"     on one element of the page: where the stream is
//   data-wants="chat=12"      on any element: a chat that this page wants to hear of as well
//   data-on="call line"       beside data-live: refreshed at once at news of these kinds
//   desk:news, desk:look      events of the document, for pages that do more: event.detail is the news

import { refresh } from "./live.js";

const here = document.querySelector("[data-stream]");
const me = Math.random().toString(36).slice(2);
const channel = "BroadcastChannel" in window ? new BroadcastChannel("shouyue-desk") : null;
const wanted = new Map();
let source = null;
let address = "";
let soon = 0;
let leads = false;
// A part is fetched at once, and at most so often after that, however much is heard.
const EVERY = 1000;
const fetched = new WeakMap();
// A stream that is refused is asked for again after a rest, not by all pages at once.
const SHORTEST = 4000;
const LONGEST = 60_000;
let rest = SHORTEST;

const wants = () => [...document.querySelectorAll("[data-wants]")].map((element) => element.dataset.wants);

function freshen(part) {
  const last = fetched.get(part) ?? { at: 0, timer: 0 };
  fetched.set(part, last);
  if (last.timer) return;
  last.timer = setTimeout(() => {
    Object.assign(last, { at: Date.now(), timer: 0 });
    refresh(part);
  }, Math.max(0, last.at + EVERY - Date.now()));
}

/** Tell this page what was heard. */
function hear(news) {
  document.dispatchEvent(new CustomEvent(news ? "desk:news" : "desk:look", { detail: news }));
  for (const part of document.querySelectorAll("[data-live][data-on]")) {
    if (!news || part.dataset.on.split(" ").includes(news.kind)) freshen(part);
  }
}

/** Hear something as the tab that listens, and pass it on. */
function passOn(news) {
  rest = SHORTEST;
  channel?.postMessage({ heard: true, news });
  hear(news);
}

/** Open the stream for all that any tab wants, unless it is open already. */
function listen() {
  const asked = [...new Set([...wanted.values()].flat())].sort().join("&");
  const next = here.dataset.stream + (asked ? `?${asked}` : "");
  if (source && next === address && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  address = next;
  source = new EventSource(next);
  source.addEventListener("news", (event) => passOn(JSON.parse(event.data)));
  source.addEventListener("look", () => passOn(null));
  source.addEventListener("error", lost);
}

/** Ask again for a stream that the browser has given up: it does so at any answer but a stream. */
function lost() {
  if (source.readyState !== EventSource.CLOSED) return;
  setTimeout(() => leads && listen(), rest * (0.5 + Math.random()));
  rest = Math.min(rest * 2, LONGEST);
}

/** Listen a moment later: tabs say what they want one after the other. */
function listenSoon() {
  clearTimeout(soon);
  soon = setTimeout(listen, 30);
}

/** Say what this page wants, to whichever tab listens. */
export function say() {
  channel?.postMessage({ id: me, wants: wants() });
  wanted.set(me, wants());
  if (leads) listenSoon();
}

function lead() {
  leads = true;
  channel?.postMessage({ ask: true });
  say();
  // Held for as long as the page lives: its end hands the lock, and so the stream, to another.
  return new Promise(() => {});
}

if (here) {
  channel?.addEventListener("message", ({ data }) => {
    if (data.heard) hear(data.news);
    else if (data.ask) say();
    else if (data.gone) wanted.delete(data.id) && leads && listenSoon();
    else if (data.id) {
      wanted.set(data.id, data.wants);
      if (leads) listenSoon();
    }
  });
  addEventListener("pagehide", () => channel?.postMessage({ id: me, gone: true }));
  // A page that comes back from the cache of the browser has missed what was said.
  addEventListener("pageshow", (event) => event.persisted && say());
  if (channel && navigator.locks) {
    say();
    navigator.locks.request("shouyue-desk", lead);
  } else {
    lead();
  }
}
