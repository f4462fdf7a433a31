// Who rings: cards come and go by themselves (data-live on their region); one that was put away stays away, and the
// call whose page this is needs none.

const region = document.getElementById("pops");
const KEY = "shouyue-pops-away";
const away = () => new Set(JSON.parse(sessionStorage.getItem(KEY) || "[]"));

function tidy() {
  const gone = away();
  for (const card of region.querySelectorAll("[data-pop]")) {
    const isHidden = gone.has(card.dataset.pop) || card.querySelector("footer a").pathname === location.pathname;
    if (card.hidden !== isHidden) card.hidden = isHidden;
  }
}

if (region) {
  region.addEventListener("click", (event) => {
    const button = event.target.closest("[data-dismiss]");
    if (!button) return;
    sessionStorage.setItem(KEY, JSON.stringify([...away(), button.dataset.dismiss].slice(-50)));
    tidy();
  });
  new MutationObserver(tidy).observe(region, { childList: true, subtree: true, attributeFilter: ["hidden"] });
}
