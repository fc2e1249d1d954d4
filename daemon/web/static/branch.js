// The children of a dynamic supervisor: there may be ten thousand, of which a page is shown.

import { get } from "./api.js";
import { h, reconcile } from "./dom.js";
import { Pager } from "./pager.js";

const EVERY = 2000; // ms between two looks at an open branch
const STATES = [
  ["", "any state"], ["running", "running"], ["backing_off", "backing off"], ["starting", "starting"],
  ["stopping", "stopping"], ["overdue", "overdue"],
];

export class Branch {
  constructor(path, place, Node) {
    this.path = path;
    this.Node = Node;
    this.list = h("ul", { "aria-label": `Children of ${path}` });
    this.pager = new Pager({
      label: `children of ${path}`,
      empty: "no children",
      placeholder: "part of a name",
      size: 25,
      selects: [{ name: "state", text: "State", options: STATES }],
      load: (query) => this.load(query),
    });
    place.append(this.pager.filters, this.pager.problem, this.list, this.pager.foot);
    this.open = false;
    this.at = 0;
  }

  show(open) {
    this.open = open;
    this.at = 0;
    this.tick();
  }

  /** Called with each status. */
  tick() {
    if (!this.open || document.hidden || Date.now() - this.at < EVERY) return;
    this.at = Date.now();
    this.pager.refresh();
  }

  async load(query) {
    const page = await get("/api/children", { path: this.path, ...query });
    reconcile(this.list, page.children, (child) => child.name,
      (child) => new this.Node(`${this.path}/${child.name}`, child));
    return page;
  }
}
