// Whoever takes chats says on every page of the console that they are still there: who falls silent gives theirs back.

const EVERY = 30_000;
const KEY = "shouyue-available";
const place = document.querySelector("[data-here]");

/** Note in this browser whether its agent takes chats. */
export function note(isAvailable) {
  if (isAvailable) localStorage.setItem(KEY, "yes");
  else localStorage.removeItem(KEY);
}

async function tell() {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (!token || !localStorage.getItem(KEY)) return;
  const asked = { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" };
  try {
    const answer = await fetch(place.dataset.here, asked);
    if (answer.ok && !answer.redirected) note((await answer.json()).is_available);
  } catch {
    // Without a connection nobody is there; the next turn tries again.
  }
}

if (place) {
  tell();
  setInterval(tell, EVERY);
}
