// A word from the browser while the desk lies behind another window: only once the agent has switched it on.

const KEY = "shouyue-reminders";
const isOn = () => localStorage.getItem(KEY) === "yes" && window.Notification?.permission === "granted";

/** Remind of something unless somebody looks at the page; one reminder of a kind at a time. */
export function remind(sentence, tag) {
  if (!isOn() || (document.visibilityState === "visible" && document.hasFocus())) return;
  const told = new Notification(sentence, { tag: `shouyue-${tag}` });
  told.onclick = () => {
    window.focus();
    told.close();
  };
}

/** Let a button switch reminders on and off, and say which. */
export function readSwitch(button, words) {
  if (!button || !("Notification" in window)) return;
  const draw = () => {
    const text = isOn() ? words.notify_on : words.notify_off;
    if (button.textContent !== text) button.textContent = text;
    button.setAttribute("aria-pressed", String(isOn()));
  };
  if (button.hidden) button.hidden = false;
  draw();
  button.onclick = async () => {
    if (isOn()) localStorage.removeItem(KEY);
    else if ((await Notification.requestPermission()) === "granted") localStorage.setItem(KEY, "yes");
    else button.title = words.notify_denied;
    draw();
  };
}
