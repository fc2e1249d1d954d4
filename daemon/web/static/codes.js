// Codes: how far each is, and why it failed where it did.

import { actionButton } from "./actions.js";
import { get } from "./api.js";
import { buttons, byId, h, reconcile, setAttribute, setText } from "./dom.js";
import { Pager } from "./pager.js";
import { count, dayOf, reason, stateWords } from "./words.js";

const EVERY = 2000; // ms
const PARTS = [["redeemed", "redeemed"], ["already", "had it"], ["retrying", "to be retried"], ["failed", "failed"], ["owed", "owed"]];

const sum = (value) => (typeof value === "number" ? value : Object.values(value).reduce((all, one) => all + one, 0));

/** Outcomes as a bar with its parts in words. */
export class Outcomes {
  constructor() {
    this.parts = PARTS.map(([name]) => h("span", { class: "part", "data-part": name }));
    this.bar = h("div", { class: "bar", role: "img" }, ...this.parts);
    this.legend = h("ul", { class: "legend" });
    this.element = h("div", { class: "outcomes" }, this.bar, this.legend);
  }

  update(outcomes) {
    this.element.hidden = !outcomes;
    if (!outcomes) return;
    const numbers = PARTS.map(([name, word]) => [name, word, sum(outcomes[name])]);
    numbers.forEach(([, , number], at) => {
      this.parts[at].style.flexGrow = String(number);
      this.parts[at].hidden = !number;
    });
    const all = numbers.reduce((total, [, , number]) => total + number, 0);
    const done = all - sum(outcomes.owed);
    const said = numbers.filter(([, , number]) => number).map(([, word, number]) => `${count(number)} ${word}`);
    setAttribute(this.bar, "aria-label", `${count(done)} of ${count(all)} done: ${said.join(", ") || "nobody wants it"}`);
    reconcile(this.legend, this.rows(outcomes, numbers), (row) => row.key, () => {
      const words = h("span");
      const element = h("li", {}, h("span", { class: "swatch", "aria-hidden": "true" }), words);
      return { element, update: (row) => {
        setAttribute(element, "data-part", row.part);
        setAttribute(element, "class", row.minor ? "minor" : null);
        setText(words, row.text);
      } };
    });
  }

  /** A line for each part that there is, and below it one for each reason. */
  rows(outcomes, numbers) {
    const rows = [];
    for (const [name, word, number] of numbers) {
      if (!number) continue;
      rows.push({ key: name, part: name, text: `${count(number)} ${word}` });
      if (typeof outcomes[name] === "number") continue;
      for (const [status, times] of Object.entries(outcomes[name])) {
        rows.push({ key: `${name}/${status}`, part: name, minor: true, text: `${count(times)} × ${reason(status)}` });
      }
    }
    return rows.length ? rows : [{ key: "none", part: "owed", text: "nobody wants it" }];
  }
}

class CodeCard {
  constructor(code) {
    this.state = h("span", { class: "chip" });
    this.about = h("p", { class: "quiet" });
    this.outcomes = new Outcomes();
    this.more = h("button", { type: "button", onclick: () => this.fetch() }, "Outcomes");
    this.more.setAttribute("aria-label", `Outcomes of ${code.code}`);
    this.retire = actionButton("Retire", `Retire ${code.code}`, "retire", { game: code.game, code: code.code });
    const head = h("div", { class: "row" }, h("h3", { class: "code" }, code.code), this.state, buttons(this.more, this.retire));
    this.element = h("li", { class: "code-card", "data-code": `${code.game}/${code.code}` }, head, this.about, this.outcomes.element);
    this.ended = null;
  }

  update(code) {
    this.code = code;
    const live = code.state === "live";
    const { text, tone } = stateWords(code.state);
    setText(this.state, text);
    setAttribute(this.state, "data-tone", live ? tone : "quiet");
    const ends = live ? (code.expires ? `expires ${dayOf(code.expires)}` : "") : code.ended ? `ended ${dayOf(code.ended)}` : "";
    setText(this.about, [code.game, `from ${code.source}`, `seen ${dayOf(code.first_seen)}`, ends].filter(Boolean).join(" · "));
    if (live) this.ended = null;
    this.outcomes.update(live ? code.outcomes : this.ended);
    this.more.hidden = live || this.ended !== null;
    this.retire.toggleAttribute("data-off", !live);
  }

  async fetch() {
    try {
      this.ended = await get("/api/outcomes", { game: this.code.game, code: this.code.code });
    } catch (error) {
      setText(this.about, error.message);
      return;
    }
    this.update(this.code);
  }
}

const list = h("ul", { class: "cards" });
const pager = new Pager({
  label: "codes",
  empty: "No code is known yet: they come from the sources, or by perkd codes add.",
  placeholder: "part of a code or a game",
  size: 10,
  selects: [{ name: "state", text: "State of codes", options: [["", "all"], ["live", "live"], ["ended", "ended"]] }],
  load: async (query) => {
    const page = await get("/api/progress", query);
    reconcile(list, page.codes, (code) => `${code.game}/${code.code}`, (code) => new CodeCard(code));
    return page;
  },
});
let at = 0;

export function startCodes() {
  byId("codes-body").append(pager.filters, pager.problem, list, pager.foot);
}

/** Called with each status. */
export function codesTick(now = false) {
  if (!now && (document.hidden || Date.now() - at < EVERY)) return;
  at = Date.now();
  pager.refresh();
}
