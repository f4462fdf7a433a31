// Requests to the product, and the one stream that stays open. No cookie ever goes along.

export class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || "");
    Object.assign(this, { status, code: problem.code || "", problem });
  }
}

// A network that is gone: what was to be sent is sent later.
export class Offline extends Error {}

const WAIT_LONGEST = 15_000;
// The server says something each 15 s; a stream silent for longer is dead.
const SILENCE = 40_000;

export function wire(base, language, token) {
  const headers = more => ({
    "Accept-Language": language === "en" ? "en" : "zh-CN",
    ...(token() ? { Authorization: `Bearer ${token()}` } : {}),
    ...more,
  });

  async function ask(method, path, said) {
    let answer;
    try {
      answer = await fetch(base + path, {
        method, credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer", mode: "cors",
        headers: headers(said ? { "Content-Type": "application/json" } : {}),
        body: said && JSON.stringify(said),
      });
    } catch {
      throw new Offline();
    }
    return read(answer.status, await answer.text());
  }

  function read(status, text) {
    let found = {};
    try {
      found = text ? JSON.parse(text) : {};
    } catch {
      // A proxy's page: there is nothing in it for us.
    }
    if (status >= 500 || status === 0) throw new Offline();
    if (status >= 400) throw new Refusal(status, found);
    return found;
  }

  function upload(path, file, fields, progress) {
    return new Promise((done, fail) => {
      const request = new XMLHttpRequest();
      request.open("POST", base + path);
      for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
      request.upload.onprogress = event => event.lengthComputable && progress(event.loaded / event.total);
      request.onerror = () => fail(new Offline());
      request.onload = () => {
        try {
          done(read(request.status, request.responseText));
        } catch (error) {
          fail(error);
        }
      };
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", file);
      request.send(form);
    });
  }

  async function bytes(path) {
    const answer = await fetch(base + path, { credentials: "omit", headers: headers() });
    if (!answer.ok) throw new Refusal(answer.status, {});
    return answer.blob();
  }

  /** Keep a stream open until `stop()`: `heard(event, fields)` for each event, `state(connected)` when that changes. */
  function listen(path, heard, state, refused) {
    let stopped = false, tries = 0, abort = null, timer = 0, silence = 0;

    function alive() {
      clearTimeout(silence);
      silence = setTimeout(() => abort?.abort(), SILENCE);
    }

    async function once() {
      abort = new AbortController();
      const answer = await fetch(base + path(), {
        credentials: "omit", cache: "no-store", headers: headers({ Accept: "text/event-stream" }), signal: abort.signal,
      });
      if (answer.status === 401 || answer.status === 404 || answer.status === 403) {
        stopped = true;
        return refused(answer.status);
      }
      if (!answer.ok) throw new Offline();
      state(true);
      const reader = answer.body.getReader(), decoder = new TextDecoder();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        alive();
        tries = 0;
        rest += decoder.decode(value, { stream: true });
        const frames = rest.split("\n\n");
        rest = frames.pop();
        for (const frame of frames) tell(frame);
      }
    }

    function tell(frame) {
      let name = "", said = "";
      for (const line of frame.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) said += line.slice(6);
      }
      if (name && !stopped) heard(name, JSON.parse(said));
    }

    async function go() {
      const began = Date.now();
      alive();
      try {
        await once();
      } catch {
        // Broken: the next try follows.
      }
      clearTimeout(silence);
      if (stopped) return;
      // A stream that ended by its age is opened again at once; one that breaks is left some rest.
      const rest = Date.now() - began > 60_000 ? 0 : Math.min(WAIT_LONGEST, 500 * 2 ** tries++);
      state(false);
      timer = setTimeout(go, rest * (0.75 + Math.random() / 2));
    }

    const now = () => {
      tries = 0;
      clearTimeout(timer);
      abort?.abort();
      if (!stopped) timer = setTimeout(go, 50);
    };
    const lost = () => abort?.abort();
    addEventListener("online", now);
    addEventListener("offline", lost);
    go();
    return () => {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(silence);
      removeEventListener("online", now);
      removeEventListener("offline", lost);
      abort?.abort();
    };
  }

  return { ask, upload, bytes, listen };
}
