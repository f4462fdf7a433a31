// Words with their addresses to be followed.

import { html } from "./html.js";

// A mark at its end is the sentence's.
const ADDRESS = /(https?:\/\/[^\s<>"'，。；、）】》]*[^\s<>"'，。；、）】》.,;:!?)])/g;

export const Text = ({ body }) =>
  body.split(ADDRESS).map((part, place) => (place % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>` : part));
