// Whoever takes chats, or has some, says on every page of the console that they are still there: who falls silent gives
// theirs back.

const EVERY = 30_000;
const KEY = "shouyue-here";
const place = document.querySelector("[data-here]");

/** Note in this browser whether its agent is waited for; where that is news, say at once that they are there. */
export function note(isNeeded) {
  const isKnown = localStorage.getItem(KEY);
  if (isNeeded) localStorage.setItem(KEY, "yes");
  else localStorage.removeItem(KEY);
  if (isNeeded && !isKnown) tell();
}

async function tell() {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token || !localStorage.getItem(KEY)) return;
  const asked = { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" };
  try {
    const answer = await fetch(place.dataset.here, asked);
    if (answer.ok && !answer.redirected) note((await answer.json()).is_needed);
  } catch {
    // Without a connection nobody is there; the next turn tries again.
  }
}

if (place) {
  tell();
  setInterval(tell, EVERY);
  // A conversation that is handed over finds its new lead on any page.
  document.addEventListener("desk:news", ({ detail }) => {
    if (detail?.kind !== "chat") return;
    if (localStorage.getItem(KEY)) tell();
    else note(true);
  });
}
