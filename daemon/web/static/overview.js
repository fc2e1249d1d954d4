// Health, readiness, problems, and the numbers of the work.

import { announce, byId, h, reconcile, setAttribute, setText } from "./dom.js";
import { count, duration, stateWords } from "./words.js";

let before = "";

const TILES = [
  ["Ready", (_, reasons) => (reasons.length ? "✖ no" : "✔ yes"), (_, reasons) => (reasons.length ? "bad" : "good")],
  ["Live codes", (status) => count(status.giftcodes.codes)],
  ["Owed", (status) => count(status.giftcodes.owed)],
  ["Redeemed", (status) => count(status.giftcodes.redeemed)],
  ["Had it already", (status) => count(status.giftcodes.already)],
  ["Failed", (status) => count(status.giftcodes.failed), (status) => (status.giftcodes.failed ? "warn" : "")],
  ["To be retried", (status) => count(status.giftcodes.retrying)],
  ["Lag of stores", (status) => count(status.storage.lag), (status) => (status.storage.lag ? "warn" : "")],
];

function makeTile([label]) {
  const value = h("dd");
  return {
    element: h("div", {}, h("dt", {}, label), value),
    update: ([, text, tone]) => {
      setText(value, text);
      setAttribute(value, "data-tone", tone || null);
    },
  };
}

function makeSentence() {
  const element = h("li");
  return { element, update: ({ text, kind }) => setText(element, `${kind} ${text}`) };
}

const list = h("ul", { class: "sentences" });
const calm = h("p", { class: "calm" }, "✔ No problems.");

/** Shows a status. */
export function showOverview(status, reasons) {
  const { text, word, tone } = stateWords(status.health);
  const health = byId("health");
  setText(health, text);
  setAttribute(health, "data-tone", tone);
  if (before && before !== word) announce(`perkd is ${word}`);
  before = word;
  document.title = `${text} – perkd`;
  setText(byId("version"), `version ${status.version}`);
  setText(byId("uptime"), `up ${duration(status.uptime)}`);
  const rows = TILES.map(([label, value, tone]) => [label, value(status, reasons), tone?.(status, reasons)]);
  reconcile(byId("tiles"), rows, ([label]) => label, makeTile);
  const sentences = [
    ...status.problems.map((text) => ({ text, kind: "▲" })),
    ...reasons.filter((text) => !status.problems.includes(text)).map((text) => ({ text, kind: "✖ not ready:" })),
  ];
  const body = byId("problems");
  if (!list.isConnected) body.append(calm, list);
  calm.hidden = sentences.length > 0;
  list.hidden = !sentences.length;
  reconcile(list, sentences, (one) => one.kind + one.text, makeSentence);
}
