// One conversation as this page knows it: what was said, what waits to be sent, and how the connection stands.

import { keeper } from "./keep.js";
import { Offline, Refusal, wire } from "./wire.js";

const LINE_POLL = 20_000, HIDDEN_POLL = 20_000, HIDDEN_AFTER = 30_000, TYPING_EVERY = 3_000, TYPING_SHOWN = 5_000;
const BIGGEST = 5 * 1024 * 1024;
// What only the page's developer can mend is not said to the customer in their words.
const FOR_DEVELOPERS = { identity_unknown: "notContact", unknown_site: "notHere", foreign_origin: "notHere", invalid: "notHere" };
const ONGOING = ["waiting", "active"];

/** Return whom a signed identity names, without believing it: the server checks, we only tell people apart. */
export function subjectOf(identity) {
  try {
    const body = identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return String(JSON.parse(decodeURIComponent(escape(atob(body)))).sub || "");
  } catch {
    return "";
  }
}

const newId = () => {
  const raw = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(raw, byte => byte.toString(16).padStart(2, "0")).join("");
};

export function makeStore(config, words, announce) {
  const kept = keeper(`shouyue:${config.site}`, "localStorage");
  const unsent = keeper(`shouyue:${config.site}:unsent`, "sessionStorage");
  const drafts = keeper(`shouyue:${config.site}:draft`, "sessionStorage");
  let identity = config.identity || "", session = null, stop = null, looking = 0, hiddenTimer = 0, poll = 0, lastTyping = 0, refusedIdentities = 0;
  let sendingNow = false, retry = 0, readSent = 0, readTimer = 0, typingTimer = 0, opening = null;
  const listeners = new Set();
  const state = {
    isOpen: config.inline, view: "chat", phase: "idle", problem: "", chat: null, visitor: null, messages: [], pending: [],
    isOnline: navigator.onLine !== false, isConnected: false, typing: "", unread: 0, isBusy: "", told: null, newest: 0,
  };

  const net = wire(config.base, config.language, () => session?.token || "");
  const where = path => `${path}${state.chat ? `?chat=${encodeURIComponent(state.chat.code)}` : ""}`;

  function set(changes) {
    Object.assign(state, changes);
    for (const listener of listeners) listener();
  }

  // Who is there.

  function resume() {
    if (config.token) return (session = { token: config.token });
    const found = kept.get();
    if (!found?.token) return null;
    const subject = identity ? subjectOf(identity) : "";
    // What was kept is somebody's: it counts only while the host names the same person, or nobody did and nobody does.
    return (session = found.subject === subject ? found : null);
  }

  async function enter() {
    if (session || resume()) return;
    const told = await net.ask("POST", "sessions/", { site: config.site, language: config.language, ...(identity ? { identity } : {}) });
    session = { token: told.token, subject: identity ? subjectOf(identity) : "" };
    refusedIdentities = 0;
    kept.set(session);
  }

  function forget() {
    session = null;
    kept.set(null);
    unsent.set(null);
    disconnect();
    set({ chat: null, messages: [], pending: [], unread: 0, phase: "idle", view: "chat", problem: "" });
  }

  function identify(token) {
    const before = session;
    identity = token || "";
    if (config.token || (before && before.subject === subjectOf(identity))) return;
    const wasOpen = state.isOpen;
    session = null;
    disconnect();
    set({ chat: null, messages: [], pending: [], unread: 0, phase: "idle" });
    if (wasOpen) open();
    else look();
  }

  // What was said.

  function take(found) {
    const before = state.newest;
    const known = new Map(state.messages.map(message => [message.number, message]));
    for (const message of found) known.set(message.number, message);
    const messages = [...known.values()].sort((one, two) => one.number - two.number);
    const mine = new Set(messages.map(message => message.author === "customer" && message.client_id).filter(Boolean));
    const newest = messages.length ? messages[messages.length - 1].number : 0;
    const pending = state.pending.filter(item => !mine.has(item.id));
    const isLess = pending.length < state.pending.length;
    set({ messages, newest, pending });
    // A page that has just begun holds nothing yet of what was kept: that is not to be forgotten.
    if (isLess) keepUnsent();
    if (found.some(message => message.author !== "customer")) set({ typing: "" });
    for (const message of found) if (message.number > before && before) announce("message", { number: message.number, author: message.author });
    count();
  }

  function count() {
    const isRead = state.isOpen && document.visibilityState === "visible";
    const seen = Math.max(readSent, state.chat?.customer_read || 0);
    const others = state.messages.filter(message => message.number > seen && (message.author === "agent" || message.author === "bot"));
    const unread = isRead ? 0 : others.length;
    if (isRead && others.length) readSoon();
    if (unread !== state.unread) {
      set({ unread });
      announce("unread", { count: unread });
    }
  }

  function readSoon() {
    clearTimeout(readTimer);
    readTimer = setTimeout(() => {
      const number = state.newest;
      if (number <= readSent || !state.chat) return;
      readSent = number;
      net.ask("POST", where("read/"), { number }).catch(() => (readSent = 0));
    }, 600);
  }

  function stands(chat) {
    if (state.chat && state.chat.code === chat.code && chat.state === "ended" && state.chat.state !== "ended") announce("end", {});
    set({ chat });
    count();
  }

  // The connection.

  function connect() {
    if (stop || !state.chat || state.chat.state === "ended") return;
    stop = net.listen(
      () => `stream/?chat=${encodeURIComponent(state.chat.code)}&after=${state.newest}`,
      heard,
      isConnected => {
        set({ isConnected, wasConnected: true });
        if (isConnected) flush();
      },
      status => {
        disconnect();
        status === 401 ? over() : set({ isConnected: false });
      },
    );
  }

  function disconnect() {
    stop?.();
    stop = null;
    set({ isConnected: false });
  }

  function heard(name, fields) {
    if (name === "message") take([fields]);
    else if (name === "state") {
      stands(fields);
      if (fields.state === "ended") disconnect();
    } else if (name === "typing") {
      set({ typing: fields.name || words.someone });
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => set({ typing: "" }), TYPING_SHOWN);
    }
  }

  function visible() {
    clearTimeout(hiddenTimer);
    clearInterval(poll);
    if (document.visibilityState === "visible") {
      if (state.chat && (state.isOpen || ONGOING.includes(state.chat.state))) connect();
      return count();
    }
    // A page that nobody looks at gives its connection back, and asks now and then.
    hiddenTimer = setTimeout(() => {
      if (!stop) return;
      disconnect();
      poll = setInterval(refresh, HIDDEN_POLL);
    }, HIDDEN_AFTER);
  }

  async function refresh() {
    try {
      const found = await net.ask("GET", where("chat/"));
      if (!found.chat) return;
      stands(found.chat);
      await caughtUp(found.chat.last);
    } catch {
      // Asked again later.
    }
  }

  /** Look, without opening anything, whether a conversation goes on from before. */
  async function look() {
    if (!resume() || looking) return;
    looking = 1;
    try {
      shown(await net.ask("GET", "chat/"));
      if (state.chat && ONGOING.includes(state.chat.state)) connect();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) dropSession();
    }
    looking = 0;
  }

  function dropSession() {
    session = null;
    if (!config.token) kept.set(null);
  }

  function shown(found) {
    set({ visitor: found.visitor, chat: found.chat });
    readSent = found.chat?.customer_read || 0;
    take(found.messages || []);
  }

  function over() {
    dropSession();
    if (config.token) set({ phase: "failed", problem: words.expired });
    else start();
  }

  // What the customer does.

  function open() {
    set({ isOpen: true });
    announce("open", {});
    count();
    return start();
  }

  function close() {
    set({ isOpen: false });
    announce("close", {});
    if (state.chat && !ONGOING.includes(state.chat.state)) disconnect();
  }

  function start() {
    opening ||= begin().finally(() => (opening = null));
    return opening;
  }

  async function begin() {
    if (state.phase !== "ready") set({ phase: "loading", problem: "" });
    try {
      await enter();
      shown(await net.ask("GET", config.vendor && !state.chat ? "chat/" : where("chat/")));
      if (!state.chat) await fresh();
      set({ phase: "ready" });
      restoreUnsent();
      connect();
      flush();
    } catch (error) {
      begun(error);
    }
  }

  function begun(error) {
    if (error instanceof Refusal && error.status === 401 && session) {
      dropSession();
      if (!config.token) return begin();
      return set({ phase: "failed", problem: words.expired });
    }
    if (error instanceof Refusal) {
      warn(error);
      const ours = FOR_DEVELOPERS[error.code] || (error.code.startsWith("identity") && error.code !== "identity_missing" ? "notYou" : "");
      const words_ = ours ? [words[ours]] : [error.message || words.wrong, ...(error.problem.ways_on || [])];
      return set({ phase: "failed", problem: words_.join(" ") });
    }
    if (!session && navigator.onLine) console.warn(`Shouyue: ${config.base} did not answer this page. Allow ${location.origin} in the site's origins, and ${new URL(config.base).origin} in connect-src.`);
    set({ phase: "failed", problem: words.wrong });
    // Back by itself once the network is.
    addEventListener("online", () => state.isOpen && start(), { once: true });
  }

  /** Tell the page's developer what was refused, by its code, and ask the page for another identity. */
  function warn(error) {
    console.warn(`Shouyue: ${error.code}: ${error.message}`);
    // Afterwards, for the page may answer at once; one that only has bad ones is not asked for ever.
    if (error.code.startsWith("identity") && refusedIdentities++ < 3) setTimeout(() => announce("identity-needed", { code: error.code }));
  }

  async function fresh() {
    const found = await net.ask("POST", "chat/", {
      language: config.language, product: config.product, module: config.module, tenant: config.tenant,
      page: config.page || location.pathname, ...(config.vendor ? { vendor: config.vendor } : {}),
    });
    set({ messages: [], newest: 0, view: "chat", told: null, recordedTo: "" });
    shown(found);
  }

  async function again() {
    await doing("again", async () => {
      disconnect();
      await fresh();
      connect();
    });
  }

  function say(body) {
    const text = body.trim();
    if (!text) return;
    set({ pending: [...state.pending, { id: newId(), body: text, chat: state.chat.code, state: "queued" }] });
    keepUnsent();
    flush();
  }

  function sendFile(file) {
    const why = file.size > BIGGEST ? words.tooLarge : file.size === 0 ? words.empty : "";
    const item = { id: newId(), file, name: file.name, chat: state.chat.code, progress: 0, state: why ? "failed" : "queued", why };
    set({ pending: [...state.pending, item] });
    flush();
  }

  function change(id, changes) {
    set({ pending: state.pending.map(item => (item.id === id ? { ...item, ...changes } : item)) });
  }

  /** Send what waits, one after the other: what was written first arrives first. */
  async function flush() {
    if (sendingNow || !session) return;
    sendingNow = true;
    clearTimeout(retry);
    try {
      let item;
      while ((item = state.pending.find(one => one.state === "queued"))) {
        change(item.id, { state: "sending" });
        await sendOne(item);
      }
    } catch {
      // Offline: it stays queued.
      retry = setTimeout(flush, 4000);
    }
    sendingNow = false;
  }

  async function sendOne(item) {
    const at = `?chat=${encodeURIComponent(item.chat)}`;
    try {
      const sent = item.file
        ? await net.upload(`files/${at}`, item.file, { client_id: item.id }, part => change(item.id, { progress: Math.round(part * 100) }))
        : await net.ask("POST", `messages/${at}`, { client_id: item.id, body: item.body });
      set({ pending: state.pending.filter(one => one.id !== item.id) });
      // Where the stream is, it brings everything in order; an answer that overtakes it would leave a gap.
      if (sent.number === state.newest + 1) take([sent]);
      else if (!state.isConnected) await refresh();
      else await caughtUp(sent.number);
      if (state.chat?.state === "bot" && !state.isConnected) await refresh();
    } catch (error) {
      if (error instanceof Refusal && error.status !== 429) return refusedOne(item, error);
      change(item.id, { state: "queued" });
      throw error;
    } finally {
      keepUnsent();
    }
  }

  /** Fetch what came after the newest, page by page, up to a number: there is never a gap. */
  async function caughtUp(number) {
    while (state.newest < number) {
      const found = await net.ask("GET", `${where("messages/")}&after=${state.newest}`);
      if (!found.messages.length) return;
      take(found.messages);
    }
  }

  function refusedOne(item, error) {
    if (error.status === 401) {
      change(item.id, { state: "queued" });
      return over();
    }
    change(item.id, { state: "failed", why: [error.message, ...(error.problem.ways_on || [])].join(" ") });
  }

  function resend(id) {
    change(id, { state: "queued", why: "" });
    flush();
  }

  function drop(id) {
    set({ pending: state.pending.filter(item => item.id !== id) });
    keepUnsent();
  }

  /** Keep what is being written, or return what was kept of it, for this conversation alone. */
  function draft(text) {
    const found = drafts.get();
    if (text !== undefined) drafts.set(text ? { chat: state.chat.code, text } : null);
    return found?.chat === state.chat.code ? found.text : "";
  }

  function keepUnsent() {
    const words_ = state.pending.filter(item => item.body);
    unsent.set(words_.length ? words_.map(({ id, body, chat }) => ({ id, body, chat })) : null);
  }

  function restoreUnsent() {
    const here = new Set([...state.pending.map(item => item.id), ...state.messages.map(message => message.client_id)]);
    const left = (unsent.get() || []).filter(item => !here.has(item.id) && item.chat === state.chat?.code);
    if (left.length) set({ pending: [...left.map(item => ({ ...item, state: "queued" })), ...state.pending] });
  }

  function typing() {
    if (!state.chat || state.chat.state !== "active" || Date.now() - lastTyping < TYPING_EVERY) return;
    lastTyping = Date.now();
    net.ask("POST", where("typing/")).catch(() => {});
  }

  /** Do one thing that a button asks for, and tell its refusal beside it. */
  async function doing(what, act) {
    if (state.isBusy) return null;
    set({ isBusy: what, problem: "" });
    try {
      return await act();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) over();
      else set({ problem: error instanceof Refusal ? [error.message, ...(error.problem.ways_on || [])].join(" ") : words.wrong });
      return null;
    } finally {
      set({ isBusy: "" });
    }
  }

  const handOff = () =>
    doing("human", async () => {
      const told = await net.ask("POST", where("hand-off/"));
      stands(told.chat);
      if (!state.isConnected) await refresh();
    });
  const end = () => doing("end", async () => (stands(await net.ask("POST", where("end/"))), await refresh()));
  const rate = (rating, said) => doing("rate", async () => stands(await net.ask("POST", where("rating/"), { rating, words: said })));
  const record = () => doing("record", async () => set({ recordedTo: (await net.ask("POST", where("record/"))).address }));
  const judge = (number, isHelpful) =>
    doing("judge", async () => take([await net.ask("POST", where("judge/"), { number, is_helpful: isHelpful })]));
  const questions = () => net.ask("GET", where("ticket/"));
  const foretell = said => net.ask("POST", where("ticket/foretold/"), said);

  async function sendTicket(said) {
    const told = await net.ask("POST", where("ticket/"), said);
    stands(told.chat);
    set({ told });
    announce("ticket", { number: told.ticket });
    if (!state.isConnected) await refresh();
    return told;
  }

  addEventListener("online", () => (set({ isOnline: true }), flush()));
  addEventListener("offline", () => set({ isOnline: false }));
  document.addEventListener("visibilitychange", visible);
  // Who waits in a line is told of each move, but of several at once only of the first.
  setInterval(() => state.chat?.state === "waiting" && document.visibilityState === "visible" && refresh(), LINE_POLL);

  return {
    config, state, set, open, close, start, look, identify, forget, say, sendFile, resend, drop, typing, handOff, end, rate, judge, questions, foretell,
    sendTicket, again, record, draft, bytes: id => net.bytes(where(`files/${id}/`)),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export { Offline, Refusal };
