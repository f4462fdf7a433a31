// A part of the page that keeps itself fresh: [data-live="address"] is fetched again and only what changed moves.

const EVERY = 20_000;
const idle = () => document.visibilityState === "visible" && !document.querySelector("dialog[open]");

if (window.Idiomorph) window.Idiomorph.defaults.ignoreActiveValue = true;

/** Fetch the part again and morph it; a lost connection is tried again at the next turn. */
export async function refresh(part) {
  try {
    const answer = await fetch(part.dataset.live, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.redirected) return location.reload();
    if (!answer.ok || !part.isConnected) return;
    window.Idiomorph.morph(part, await answer.text(), { morphStyle: "innerHTML", ignoreActiveValue: true });
    window.htmx?.process(part);
  } catch {
    part.dataset.stale = "";
  }
}

function refreshAll() {
  if (idle()) for (const part of document.querySelectorAll("[data-live]")) refresh(part);
}

setInterval(refreshAll, EVERY);
document.addEventListener("visibilitychange", refreshAll);
