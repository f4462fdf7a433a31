// What is asked in forms: the ticket that a conversation becomes, and what the customer thinks of it.

import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";
import { Refusal } from "./wire.js";
import { Text } from "./text.js";
import { moment } from "./time.js";

export function TicketForm({ store, words }) {
  const [asked, setAsked] = useState(null), [fault, setFault] = useState(null), [isSending, setSending] = useState(false);
  const [category, setCategory] = useState("how_to"), [foretold, setForetold] = useState(null), top = useRef(), form = useRef(), turn = useRef(0);
  useEffect(() => {
    store.questions().then(setAsked, error => setFault({ message: error.message || words.wrong, ...error.problem }));
  }, []);
  useEffect(() => {
    if (asked) foretell();
  }, [asked, category]);

  /** Ask what the plan answers to the form as it stands; of two answers the one to the later question counts. */
  async function foretell() {
    const mine = ++turn.current;
    const found = await store.foretell(said(form.current)).catch(error => (error.problem?.errors ? { isOpen: true } : null));
    if (mine === turn.current) setForetold(found);
  }
  useEffect(() => top.current?.focus(), [asked, store.state.told]);

  function said(form) {
    const typed = new FormData(form), found = { category };
    for (const name of ["subject", "body", "priority", "product"]) if (typed.get(name)) found[name] = typed.get(name);
    if (category === "customisation") {
      found.customisation = {};
      for (const code of Object.keys(asked.questions)) if (typed.get(`q-${code}`)) found.customisation[code] = typed.get(`q-${code}`) === "yes";
    }
    return found;
  }

  async function send(event) {
    event.preventDefault();
    setSending(true);
    setFault(null);
    try {
      await store.sendTicket(said(event.target));
    } catch (error) {
      setFault(error instanceof Refusal ? { message: error.message, ...error.problem } : { message: words.wrong });
    }
    setSending(false);
  }

  if (store.state.told) return html`<${Told} store=${store} words=${words} told=${store.state.told} top=${top} />`;
  const wrong = Object.fromEntries((fault?.errors || []).map(error => [error.field, error.message]));
  return html`
    <form class="form" ref=${form} onSubmit=${send} onChange=${event => (["priority", "product"].includes(event.target.name) || event.target.type === "radio") && foretell()} novalidate>
      <h3 tabindex="-1" ref=${top}>${words.ticketTitle}</h3>${(asked || !fault) && html`<p class="lead">${words.ticketLead}</p>`}
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
        <div role="status">${foretold && html`<${Foretold} foretold=${foretold} words=${words} />`}</div>
        <div class="send"><button type="submit" class="first" disabled=${isSending}>${isSending ? words.submitting : words.submit}</button>
          <button type="button" class="chip" onClick=${() => store.set({ view: "chat" })}>${words.cancel}</button></div>`}
      ${!asked && fault && html`<div class="send"><button type="button" class="first" onClick=${() => store.set({ view: "chat" })}>${words.back}</button></div>`}
      ${!asked && !fault && html`<p role="status">${words.connecting}</p>`}
    </form>`;
}

const Field = ({ label, id, why, wrong, children }) => html`
  <div class="field"><label for=${id}>${label}</label>${children}${why && html`<p class="lead">${why}</p>`}${wrong && html`<p class="why" role="alert">${wrong}</p>`}</div>`;

const Fault = ({ fault, words }) => html`
  <div class="fault" role="alert"><p><strong>${fault.message}</strong></p>${fault.clause && html`<p>${words.clause} ${fault.clause}</p>`}
    ${fault.ways_on?.length > 0 && html`<p>${words.instead}</p><ul>${fault.ways_on.map(way => html`<li><${Text} body=${way} /></li>`)}</ul>`}</div>`;

function Foretold({ foretold, words }) {
  if (foretold.isOpen) return html`<p class="lead">${words.sortFirst}</p>`;
  const { decision } = foretold, isGood = decision.outcome !== "not_covered";
  return html`
    <div class=${`foretold${isGood ? "" : " is-no"}`}><p><strong>${words.foretold[decision.outcome]}</strong></p>
      ${isGood && foretold.due_at && html`<p>${words.wouldBe(moment(foretold.due_at, foretold.zone, words.around))}</p>`}
      ${decision.reason && html`<p>${decision.reason}</p>`}
      ${decision.clause && html`<p class="lead">${words.clause} ${decision.clause}</p>`}
      ${decision.ways_on.length > 0 && html`<ul>${decision.ways_on.map(way => html`<li>${way}</li>`)}</ul>`}</div>`;
}

function Told({ store, words, told, top }) {
  const { decision } = told;
  return html`
    <div class="form told"><h3 tabindex="-1" ref=${top}><${Icon} name="check" />${words.opened(told.ticket)}</h3>
      <p><strong>${told.due_at ? words.due(moment(told.due_at, told.zone, words.around)) : words.noDue}</strong></p>
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
