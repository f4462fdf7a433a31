// One tag, one file: reads what the tag says, draws into a shadow root, and leaves nothing but `window.Shouyue`.

import { render } from "preact";

import { html } from "./html.js";
import { makeStore } from "./store.js";
import { CSS } from "./style.js";
import { speak } from "./time.js";
import { App } from "./view.js";
import { WORDS } from "./words.js";

// A module has no current script.
const tag = document.currentScript || document.querySelector('script[src*="widget/shouyue.js"]');

function configured() {
  const { dataset } = tag;
  const wished = (dataset.language || document.documentElement.lang || navigator.language || "zh").toLowerCase();
  return {
    base: new URL("/chat/v1/", tag.src).href,
    site: dataset.site || "", identity: dataset.identity || "", token: dataset.token || "", vendor: dataset.vendor || "",
    product: dataset.product || "", module: dataset.module || "", tenant: dataset.tenant || "", page: dataset.page || "",
    theme: dataset.theme || "", language: wished.startsWith("zh") ? "zh" : "en", inline: dataset.inline !== undefined,
    place: dataset.inline || "",
  };
}

function dressed(root) {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
  } catch {
    // An older browser; under a strict policy it shows the plain page.
    root.appendChild(Object.assign(document.createElement("style"), { textContent: CSS }));
  }
}

function placed(config) {
  const host = document.createElement("shouyue-chat");
  // What the page's sheet says of all elements hides or turns the chat unless its host says otherwise.
  if (!config.inline) host.className = "is-afloat";
  const root = host.attachShadow({ mode: "open" });
  dressed(root);
  const inner = document.createElement("div");
  inner.className = config.inline ? "root is-inline" : "root";
  inner.lang = config.language === "zh" ? "zh-Hans" : "en";
  inner.dir = "ltr";
  root.appendChild(inner);
  (config.inline && document.querySelector(config.place || "#shouyue-chat") || document.body).appendChild(host);
  themed(inner, config);
  if (!config.inline) raised(inner);
  return inner;
}

/** Put the chat above whatever the page piles up, and free of what moves the page's body. */
function raised(inner) {
  try {
    inner.popover = "manual";
    inner.showPopover();
  } catch {
    // An older browser: it lies where the page puts it.
  }
}

function themed(inner, config) {
  const follow = () => {
    const theme = config.theme || (config.inline ? document.documentElement.dataset.theme : "") || "";
    if (theme === "light" || theme === "dark") inner.dataset.theme = theme;
    else delete inner.dataset.theme;
  };
  follow();
  if (config.inline) new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["data-theme"] });
}

function begin() {
  const config = configured(), words = WORDS[config.language];
  speak(config.language);
  const announce = (name, detail) => dispatchEvent(new CustomEvent(`shouyue:${name}`, { detail }));
  const store = makeStore(config, words, announce);
  render(html`<${App} store=${store} words=${words} config=${config} />`, placed(config));
  window.Shouyue = Object.freeze({
    identify: store.identify, open: () => void store.open(), close: store.close, forget: store.forget,
  });
  announce("ready", {});
  if (config.inline) store.start();
  else store.look();
}

// A page may hold the tag twice, or hold it where it is run twice.
if (tag && !window.Shouyue) {
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
