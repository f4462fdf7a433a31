// A part of the page that keeps itself fresh: [data-live="address"] is fetched again and only what changed moves.

const EVERY = 20_000;
// A part marked data-live-slow is fetched at every third turn only.
const SLOW = 3;
const idle = () => document.visibilityState === "visible" && !document.querySelector("dialog[open]");

if (window.Idiomorph) window.Idiomorph.defaults.ignoreActiveValue = true;

// What somebody has opened stays open under their hand, whatever came meanwhile.
const callbacks = { beforeAttributeUpdated: (name, node) => !(name === "open" && node.localName === "details") };

/** Fetch the part again and morph it; a lost connection is tried again at the next turn. */
export async function refresh(part) {
  try {
    const answer = await fetch(part.dataset.live, { headers: { "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.redirected) return location.reload();
    if (!answer.ok || !part.isConnected) return;
    window.Idiomorph.morph(part, await answer.text(), { morphStyle: "innerHTML", ignoreActiveValue: true, callbacks });
    window.htmx?.process(part);
  } catch {
    part.dataset.stale = "";
  }
}

/** Whether somebody is about to do something in the part: what they chose or opened must not move. */
function isInUse(part) {
  const field = part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
  return field || part.querySelector("details[open], [aria-busy=true]") !== null;
}

let turn = 0;

function refreshAll() {
  turn += 1;
  if (!idle()) return;
  for (const part of document.querySelectorAll("[data-live]")) {
    if (!isInUse(part) && (turn % SLOW === 0 || !("liveSlow" in part.dataset))) refresh(part);
  }
}

setInterval(refreshAll, EVERY);
document.addEventListener("visibilitychange", refreshAll);
