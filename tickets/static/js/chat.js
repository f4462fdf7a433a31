// The chat desk: its left, the conversation that is open, and keys for both.

import "./chat-line.js";
import "./chat-talk.js";
import "./chat-keys.js";
import "./waits.js";
