// Times as the reader's own clock shows them.

let locale = "zh-CN";
export const speak = language => (locale = language === "en" ? "en-GB" : "zh-CN");

const sameDay = (one, two) => one.toDateString() === two.toDateString();

export function clock(at) {
  const when = new Date(at), now = new Date();
  const time = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false }).format(when);
  return sameDay(when, now) ? time : `${new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric" }).format(when)} ${time}`;
}

/** Return what people call a zone: the reader's, where none is given. */
export function zone(timeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone) {
  if (timeZone === "Asia/Shanghai") return locale === "zh-CN" ? "北京时间" : "Beijing time";
  const parts = new Intl.DateTimeFormat(locale, { timeZone, timeZoneName: "long" }).formatToParts(new Date());
  return parts.find(part => part.type === "timeZoneName")?.value || "";
}

const DAY = { month: "short", day: "numeric", weekday: "short" }, TIME = { hour: "2-digit", minute: "2-digit", hour12: false };
const said = (when, options, timeZone) => new Intl.DateTimeFormat(locale, { ...options, timeZone }).format(when);

/** Return an instant inside a sentence, with its day where that is not today; also in `there`, where that is another wall time. */
export function moment(at, there, around) {
  const when = new Date(at), today = new Date(), here = zone();
  const short = { ...(sameDay(when, today) ? {} : DAY), ...TIME };
  if (!there || said(when, { ...DAY, ...TIME }) === said(when, { ...DAY, ...TIME }, there)) return said(when, short);
  const isSameDay = said(when, DAY) === said(when, DAY, there);
  return `${said(when, short)}${around[0]}${here}${around[1]}${zone(there)} ${said(when, isSameDay ? TIME : { ...DAY, ...TIME }, there)}${around[2]}`;
}
