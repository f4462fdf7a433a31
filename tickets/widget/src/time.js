// Times as the reader's own clock shows them.

let locale = "zh-CN";
export const speak = language => (locale = language === "en" ? "en-GB" : "zh-CN");

const sameDay = (one, two) => one.toDateString() === two.toDateString();

export function clock(at) {
  const when = new Date(at), now = new Date();
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(when);
  return sameDay(when, now) ? time : `${new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric" }).format(when)} ${time}`;
}

/** Return what people call the zone of the reader's clock. */
export function zone() {
  if (new Intl.DateTimeFormat().resolvedOptions().timeZone === "Asia/Shanghai") return locale === "zh-CN" ? "北京时间" : "Beijing time";
  const parts = new Intl.DateTimeFormat(locale, { timeZoneName: "long" }).formatToParts(new Date());
  return parts.find(part => part.type === "timeZoneName")?.value || "";
}

/** Return an instant inside a sentence, with its day where that is not today. */
export function moment(at) {
  const when = new Date(at);
  return new Intl.DateTimeFormat(locale, {
    ...(sameDay(when, new Date()) ? {} : { month: "short", day: "numeric", weekday: "short" }), hour: "2-digit", minute: "2-digit", hour12: false,
  }).format(when);
}
