// Files of a conversation: fetched with the token, a picture drawn on a canvas, which no policy of the host forbids.

import { useEffect, useRef, useState } from "preact/hooks";

import { html } from "./html.js";
import { Icon } from "./icons.js";

const WIDE = 240, HIGH = 200;
const size = bytes => (bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} kB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`);

async function save(store, file) {
  const address = URL.createObjectURL(await store.bytes(file.id));
  const link = document.createElement("a");
  Object.assign(link, { href: address, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const File = ({ file, store, words }) => html`
  <button type="button" class="file" aria-label=${words.download(file.name)} onClick=${() => save(store, file).catch(() => {})}>
    <${Icon} name="file" /><span>${file.name}</span><small>${size(file.size)}</small></button>`;

/** Draw what `get` brings on a canvas, and tell whether it is drawn: null so far, false where it is no picture. */
function useDrawn(get, key) {
  const canvas = useRef(), [isDrawn, setDrawn] = useState(null);
  useEffect(() => {
    let isHere = true;
    get()
      .then(createImageBitmap)
      .then(image => {
        if (!isHere) return;
        const part = Math.min(1, WIDE / image.width, HIGH / image.height), { devicePixelRatio: fine = 1 } = window;
        const drawn = canvas.current, wide = Math.max(1, Math.round(image.width * part)), high = Math.max(1, Math.round(image.height * part));
        Object.assign(drawn, { width: wide * fine, height: high * fine });
        Object.assign(drawn.style, { width: `${wide}px`, height: `${high}px` });
        drawn.getContext("2d").drawImage(image, 0, 0, drawn.width, drawn.height);
        setDrawn(true);
      })
      .catch(() => isHere && setDrawn(false));
    return () => (isHere = false);
  }, [key]);
  return [canvas, isDrawn];
}

/** A picture that is on its way. */
export function Sketch({ item }) {
  const [canvas, isDrawn] = useDrawn(() => Promise.resolve(item.file), item.id);
  return isDrawn === false ? null : html`<canvas ref=${canvas} aria-hidden="true"></canvas>`;
}

export function Picture({ file, store, words }) {
  const [canvas, isDrawn] = useDrawn(() => store.bytes(file.id).then(blob => new Blob([blob], { type: file.content_type })), file.id);
  if (isDrawn === false) return html`<${File} file=${file} store=${store} words=${words} />`;
  return html`<button type="button" class="picture" aria-label=${`${words.picture(file.name)}, ${words.download(file.name)}`} onClick=${() => save(store, file).catch(() => {})}><canvas ref=${canvas}></canvas></button>`;
}
