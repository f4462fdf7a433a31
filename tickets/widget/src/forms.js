// What is asked in forms: the ticket that a conversation becomes, and what the customer thinks of it.

import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Refusal } from "./wire.js";
import { moment } from "./time.js";

export function TicketForm({ store, words }) {
  const [asked, setAsked] = useState(null), [fault, setFault] = useState(null), [isSending, setSending] = useState(false);
  const [category, setCategory] = useState("how_to"), top = useRef();
  useEffect(() => {
    store.questions().then(setAsked, error => setFault({ message: error.message || words.wrong }));
  }, []);
  useEffect(() => top.current?.focus(), [asked, store.state.told]);

  async function send(event) {
    event.preventDefault();
    const form = new FormData(event.target), said = { category };
    for (const name of ["subject", "body", "priority", "product", "name", "email"]) if (form.get(name)) said[name] = form.get(name);
    if (category === "customisation") {
      said.customisation = {};
      for (const code of Object.keys(asked.questions)) if (form.get(`q-${code}`)) said.customisation[code] = form.get(`q-${code}`) === "yes";
    }
    setSending(true);
    setFault(null);
    try {
      await store.sendTicket(said);
    } catch (error) {
      setFault(error instanceof Refusal ? { message: error.message, ...error.problem } : { message: words.wrong });
    }
    setSending(false);
  }

  if (store.state.told) return html`<${Told} store=${store} words=${words} told=${store.state.told} top=${top} />`;
  const wrong = Object.fromEntries((fault?.errors || []).map(error => [error.field, error.message]));
  return html`
    <form class="form" onSubmit=${send} novalidate>
      <h3 tabindex="-1" ref=${top}>${words.ticketTitle}</h3><p class="lead">${words.ticketLead}</p>
      ${fault && html`<${Fault} fault=${fault} words=${words} />`}
      ${asked && html`
        ${asked.products.length > 1 && html`<${Field} label=${words.product} id="product"><select id="product" name="product">
          ${asked.products.map(one => html`<option value=${one.code} selected=${one.code === asked.product}>${one.name}</option>`)}</select></${Field}>`}
        <${Field} label=${words.category} id="category" why=${asked.categories.find(one => one.code === category)?.why}>
          <select id="category" value=${category} onChange=${event => setCategory(event.target.value)}>
            ${asked.categories.map(one => html`<option value=${one.code} selected=${one.code === category}>${one.name}</option>`)}</select></${Field}>
        ${category === "customisation" && Object.keys(asked.questions).length > 0 && html`
          <div class="questions"><p>${words.questions}</p>${wrong.customisation && html`<p class="why" role="alert">${wrong.customisation}</p>`}
            ${Object.entries(asked.questions).map(([code, text]) => html`<fieldset><legend>${text}</legend>
              ${[["yes", words.yes], ["no", words.no]].map(([value, name]) => html`<label><input type="radio" name=${`q-${code}`} value=${value} />${name}</label>`)}</fieldset>`)}</div>`}
        <${Field} label=${words.subject} id="subject" wrong=${wrong.subject}><input id="subject" name="subject" maxlength="200" defaultValue=${asked.subject} aria-invalid=${wrong.subject ? "true" : undefined} /></${Field}>
        <${Field} label=${words.body} id="body" wrong=${wrong.body}><textarea id="body" name="body" rows="4"></textarea></${Field}>
        <${Field} label=${words.priority} id="priority"><select id="priority" name="priority">
          ${asked.priorities.map(one => html`<option value=${one.code} selected=${one.code === "normal"}>${one.name}</option>`)}</select></${Field}>
        ${asked.asks_who && html`
          <${Field} label=${words.who} id="name" wrong=${wrong.name}><input id="name" name="name" maxlength="80" autocomplete="name" /></${Field}>
          <${Field} label=${words.email} id="email" wrong=${wrong.email}><input id="email" name="email" type="email" maxlength="254" autocomplete="email" /></${Field}>`}
        <div class="send"><button type="submit" class="first" disabled=${isSending}>${isSending ? words.submitting : words.submit}</button>
          <button type="button" class="chip" onClick=${() => store.set({ view: "chat" })}>${words.cancel}</button></div>`}
      ${!asked && !fault && html`<p role="status">${words.connecting}</p>`}
    </form>`;
}

const Field = ({ label, id, why, wrong, children }) => html`
  <div class="field"><label for=${id}>${label}</label>${children}${why && html`<p class="lead">${why}</p>`}${wrong && html`<p class="why" role="alert">${wrong}</p>`}</div>`;

const Fault = ({ fault, words }) => html`
  <div class="fault" role="alert"><p><strong>${fault.message}</strong></p>${fault.clause && html`<p>${words.clause} ${fault.clause}</p>`}
    ${fault.ways_on?.length > 0 && html`<p>${words.instead}</p><ul>${fault.ways_on.map(way => html`<li>${way}</li>`)}</ul>`}</div>`;

function Told({ store, words, told, top }) {
  const { decision } = told;
  return html`
    <div class="form told"><h3 tabindex="-1" ref=${top}><${Icon} name="check" />${words.opened(told.ticket)}</h3>
      <p><strong>${told.due_at ? words.due(moment(told.due_at)) : words.noDue}</strong></p>
      ${decision.outcome !== "covered" && html`<p class="tag">${words[decision.outcome]}</p>`}
      ${decision.reason && html`<p>${decision.reason}</p>`}
      ${decision.clause && html`<p class="lead">${words.clause} ${decision.clause}</p>`}
      <div class="send"><a class="first" href=${told.url} target="_blank" rel="noopener">${words.follow}<span class="hidden">${words.newTab}</span></a>
        <button type="button" class="chip" onClick=${() => store.set({ view: "chat", told: null })}>${words.back}</button></div></div>`;
}

export function Rating({ store, words }) {
  const { state } = store, [rating, setRating] = useState(state.chat.rating || 0), said = useRef();
  const again = html`<button type="button" class="chip" disabled=${state.isBusy === "again"} onClick=${store.again}>${words.again}</button>`;
  const record = state.recordedTo
    ? html`<p role="status">${words.recorded(state.recordedTo)}</p>`
    : state.visitor?.is_known && html`<button type="button" class="chip" disabled=${state.isBusy === "record"} onClick=${store.record}>${words.record}</button>`;
  if (state.chat.rating) return html`<div class="rate"><p role="status">${words.rated}</p><div class="send">${again}${record}</div></div>`;
  return html`
    <form class="rate" onSubmit=${event => (event.preventDefault(), rating && store.rate(rating, said.current?.value || ""))}>
      <fieldset class="stars"><legend>${words.rateTitle}</legend>
        ${[1, 2, 3, 4, 5].map(n => html`<label class=${n <= rating ? "is-on" : ""}><input type="radio" name="rating" value=${n} checked=${n === rating} onChange=${() => setRating(n)} aria-label=${words.stars(n)} /><${Icon} name="star" /></label>`)}</fieldset>
      ${rating > 0 && html`<textarea ref=${said} rows="2" maxlength="500" aria-label=${words.rateWords} placeholder=${words.rateWords}></textarea>`}
      <div class="send">${rating > 0 && html`<button type="submit" class="first" disabled=${state.isBusy === "rate"}>${words.rate}</button>`}${again}${record}</div>
    </form>`;
}
