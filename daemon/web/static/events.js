// What happened in the tree, the newest first, with filters.

import { get } from "./api.js";
import { buttons, byId, h, setText } from "./dom.js";
import { duration, timeOf } from "./words.js";

const KEPT = 500;
const SHOWN = 100;
const KINDS = ["Started", "Stopped", "Crashed", "StartError", "BackingOff", "GaveUp", "StopOverdue", "ShutDown", "DeadLetters", "StartDeclined"];
const WORDS = {
  Started: ["● started", "good"],
  Stopped: ["■ stopped", "quiet"],
  Crashed: ["✖ crashed", "bad"],
  StartError: ["✖ did not start", "bad"],
  BackingOff: ["↻ backs off", "warn"],
  GaveUp: ["✖ gave up", "bad"],
  StopOverdue: ["! stops late", "bad"],
  ShutDown: ["■ shut down", "warn"],
  DeadLetters: ["▲ dead letters", "warn"],
  StartDeclined: ["○ not now", "quiet"],
};

let kept = []; // newest first
const kind = h("select", { "aria-label": "Kind of event", onchange: () => draw() },
  h("option", { value: "" }, "all kinds"), ...KINDS.map((one) => h("option", { value: one }, WORDS[one][0].slice(2))));
const path = h("input", { type: "search", placeholder: "part of a path", "aria-label": "Path of the actor", maxlength: 80, oninput: () => draw() });
const hold = h("button", { type: "button", "aria-pressed": "false", onclick: () => toggleHold() }, "Hold");
const list = h("ol", { class: "lines events", "aria-label": "Events, the newest first" });
const none = h("p", { class: "quiet" }, "Nothing that fits has happened.");
let held = false;

export function startEvents() {
  byId("events-body").append(h("div", { class: "filters", role: "group", "aria-label": "Filter events" }, path, kind, hold), none, list);
}

function toggleHold() {
  held = !held;
  hold.setAttribute("aria-pressed", String(held));
  setText(hold, held ? "Go on" : "Hold");
  if (!held) draw();
}

function textOf(event) {
  switch (event.event) {
    case "Started": return event.incarnation > 1 ? `incarnation ${event.incarnation}` : "";
    case "BackingOff": return `again in ${duration(event.delay)}`;
    case "Stopped": return String(event.how ?? "").toLowerCase();
    case "StopOverdue": return `after ${duration(event.waited)}`;
    case "ShutDown": return `for ${event.child}`;
    case "StartDeclined": return String(event.reason ?? "");
    case "DeadLetters": return Object.entries(event.left ?? {}).map(([type, number]) => `${number} × ${type}`).join(", ");
    default: return event.error ? [event.error.type, event.error.text].filter(Boolean).join(": ") : "";
  }
}

function rowOf(event) {
  const [word, tone] = WORDS[event.event] ?? [event.event, "quiet"];
  const row = h("div", { class: "row" }, h("time", { class: "quiet" }, timeOf(event.at)), h("span", { class: "chip", "data-tone": tone }, word),
    h("span", { class: "name" }, event.path), h("span", { class: "facts" }, textOf(event)));
  const element = h("li", { "data-number": event.number }, row);
  if (event.error) row.append(buttons(tracebackButton(event, element)));
  return element;
}

function tracebackButton(event, element) {
  const label = `Traceback of ${event.path} at ${timeOf(event.at)}`;
  const button = h("button", { type: "button", "aria-expanded": "false", "aria-label": label }, "Traceback");
  button.addEventListener("click", async () => {
    const there = element.querySelector("pre");
    button.setAttribute("aria-expanded", String(!there));
    if (there) {
      there.remove();
      return;
    }
    let text;
    try {
      const whole = await get(`/api/events/${event.number}`);
      text = whole.error.traceback || "It has none.";
    } catch (error) {
      text = error.message;
    }
    element.append(h("pre", { tabindex: 0, role: "region", "aria-label": label }, text));
  });
  return button;
}

const fits = (event) => (!kind.value || event.event === kind.value) && event.path.includes(path.value.trim());

function draw() {
  const found = kept.filter(fits).slice(0, SHOWN);
  list.replaceChildren(...found.map(rowOf));
  none.hidden = found.length > 0;
}

/** Events that came, oldest first. */
export function showEvents(events) {
  kept = [...events.toReversed(), ...kept].slice(0, KEPT);
  if (held) return;
  const rows = events.filter(fits).map(rowOf).reverse();
  list.prepend(...rows);
  while (list.children.length > SHOWN) list.lastChild.remove();
  none.hidden = list.children.length > 0;
}

/** After the connection was away: these are all there are. */
export function replaceEvents(events) {
  kept = events.toReversed();
  draw();
}
