// A list that is looked for and leafed through on the server's side.

import { h, setText } from "./dom.js";
import { count } from "./words.js";

/**
 * Controls for a paged list: a search field, selects, and buttons to leaf.
 * `load({words, offset, limit, …selects})` resolves to `{total, …}` and shows the rows itself;
 * `empty` is said where there is nothing, and nothing was asked for.
 */
export class Pager {
  constructor({ label, size, load, empty, selects = [], placeholder = "" }) {
    this.empty = empty;
    this.size = size;
    this.load = load;
    this.offset = 0;
    this.total = 0;
    this.busy = false;
    this.again = false;
    this.words = h("input", {
      type: "search", placeholder, "aria-label": `Search ${label}`, maxlength: 80, oninput: () => this.typed(),
    });
    this.selects = selects.map(({ name, text, options }) => {
      const choices = options.map(([value, shown]) => h("option", { value }, shown));
      const select = h("select", { "aria-label": text, onchange: () => this.restart() }, ...choices);
      return { name, select };
    });
    this.back = h("button", { type: "button", "aria-label": `Earlier ${label}`, onclick: () => this.turn(-1) }, "‹");
    this.next = h("button", { type: "button", "aria-label": `Further ${label}`, onclick: () => this.turn(1) }, "›");
    this.place = h("span", { class: "quiet" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.filters = h("div", { class: "filters", role: "group", "aria-label": `Filter ${label}` },
      this.words, ...this.selects.map((one) => one.select));
    this.foot = h("div", { class: "pager" }, this.back, this.place, this.next);
  }

  query() {
    const chosen = Object.fromEntries(this.selects.map(({ name, select }) => [name, select.value]));
    return { words: this.words.value.trim(), offset: this.offset, limit: this.size, ...chosen };
  }

  isFiltered() {
    return Boolean(this.words.value.trim()) || this.selects.some(({ select }) => select.value);
  }

  typed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.restart(), 200);
  }

  restart() {
    this.offset = 0;
    this.refresh();
  }

  turn(pages) {
    this.offset = Math.max(0, this.offset + pages * this.size);
    this.refresh();
  }

  /** Asks again; while an answer is awaited, once more after it. */
  async refresh() {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    try {
      do {
        this.again = false;
        this.total = (await this.load(this.query())).total;
        if (this.offset > 0 && this.offset >= this.total) { // it has become shorter
          this.offset = Math.max(0, Math.floor((this.total - 1) / this.size) * this.size);
          this.again = true;
        }
      } while (this.again);
      this.problem.hidden = true;
      this.show();
    } catch (error) {
      setText(this.problem, error.message);
      this.problem.hidden = error instanceof TypeError; // the daemon is away, which the banner says
    } finally {
      this.busy = false;
    }
  }

  show() {
    const last = Math.min(this.offset + this.size, this.total);
    const place = this.total ? `${count(this.offset + 1)}–${count(last)} of ${count(this.total)}` : this.isFiltered() ? "none fits" : this.empty;
    setText(this.place, place);
    this.back.hidden = this.next.hidden = !this.total;
    this.back.disabled = this.offset === 0;
    this.next.disabled = last >= this.total;
    this.foot.hidden = this.total <= this.size && this.offset === 0 && this.total > 0;
  }
}
