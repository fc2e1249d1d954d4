// The supervision tree: nested lists with buttons, changed in place as states change.

import { actionButton } from "./actions.js";
import { Branch } from "./branch.js";
import { announce, buttons, byId, h, reconcile, setAttribute, setText } from "./dom.js";
import { count, counted, duration, stateWords } from "./words.js";

const FLASH = 6000; // ms that a restart is pointed at
const FIXED = new Set(["perkd", "perkd/status", "perkd/status/web", "perkd/status/control"]); // refused anyway

const views = new Map(); // path → view

/** One node with what is below it. */
export class TreeNode {
  constructor(path, node) {
    this.path = path;
    this.node = node;
    this.restarts = node.restarts;
    this.toggle = node.kind === "actor" ? h("span", { class: "leaf", "aria-hidden": "true" }) : this.makeToggle(node);
    this.name = h("span", { class: "name" }, node.name);
    this.state = h("span", { class: "chip" });
    this.facts = h("span", { class: "facts" });
    this.news = h("span", { class: "news" });
    this.error = h("span", { class: "error" });
    this.row = h("div", { class: "row" }, this.toggle, this.name, this.state, this.facts, this.news);
    if (!FIXED.has(path)) this.row.append(buttons(actionButton("Restart", `Restart ${path}`, "restart", { path })));
    this.row.append(this.error);
    this.below = node.kind === "actor" ? null : h(node.kind === "dynamic" ? "div" : "ul", { class: "below" });
    this.element = h("li", { "data-path": path }, this.row, this.below);
    this.branch = node.kind === "dynamic" ? new Branch(path, this.below, TreeNode) : null;
    this.fold(node.kind === "dynamic");
    views.set(path, this);
  }

  gone() {
    clearTimeout(this.timer);
    views.delete(this.path);
    if (this.node.kind === "supervisor") reconcile(this.below, [], () => "", null);
  }

  makeToggle(node) {
    const label = `${node.name}: what is below it`;
    return h("button", { type: "button", class: "toggle", "aria-label": label, onclick: () => this.fold(!this.folded) });
  }

  fold(folded) {
    if (!this.below) return;
    this.folded = folded;
    this.below.hidden = folded;
    setAttribute(this.toggle, "aria-expanded", String(!folded));
    if (this.branch) this.branch.show(!folded);
  }

  update(node) {
    const told = this.news.textContent.includes("restarted"); // by its event, which comes first
    if (node.restarts > this.restarts && !told) this.flash("↻ restarted", "restarted");
    this.restarts = node.restarts;
    this.node = node;
    this.showState(node.state);
    setText(this.facts, this.factsOf(node));
    const trouble = node.state !== "running" || this.news.textContent !== "";
    setText(this.error, node.last_error ? `${trouble ? "" : "last: "}${node.last_error}` : "");
    if (node.kind === "supervisor") {
      reconcile(this.below, node.children, (child) => child.name, (child) => new TreeNode(`${this.path}/${child.name}`, child));
    }
    if (this.branch) this.branch.tick();
  }

  showState(state) {
    const { text, tone } = stateWords(state);
    setText(this.state, text);
    setAttribute(this.state, "data-tone", tone);
  }

  factsOf(node) {
    const facts = [];
    if (node.children_by_state) facts.push(childrenWords(node.children_by_state));
    if (node.restarts) facts.push(counted(node.restarts, "restart"));
    if (node.mailbox) facts.push(`${count(node.mailbox)} in mailbox`);
    if (node.restart_in !== null) facts.push(`again in ${duration(node.restart_in)}`);
    const lost = Object.values(node.lost).reduce((sum, number) => sum + number, 0);
    const dead = Object.values(node.dead_letters).reduce((sum, number) => sum + number, 0);
    if (lost) facts.push(`${counted(lost, "message")} crashed on`);
    if (dead) facts.push(counted(dead, "dead letter"));
    return facts.join(" · ");
  }

  /** An event that concerns it: shown at once, before the next status. */
  hear(event) {
    if (event.event === "Crashed" || event.event === "StartError") {
      this.showState("crashed");
      if (event.error) setText(this.error, `${event.error.type}: ${event.error.text}`);
      this.flash("just now", "crashed");
    } else if (event.event === "GaveUp") {
      this.flash("✖ gave up", "gave up");
    } else if (event.event === "Started" && event.incarnation > 1) {
      this.showState("running");
      this.flash("↻ restarted", "restarted");
      setText(this.facts, this.factsOf({ ...this.node, restart_in: null }));
    }
  }

  /** Points at it; `said` is what a screen reader is told. */
  flash(shown, said) {
    setText(this.news, shown);
    this.row.classList.remove("flash");
    void this.row.offsetWidth; // the animation begins again
    this.row.classList.add("flash");
    announce(`${this.path} ${said}`);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      setText(this.news, "");
      this.row.classList.remove("flash");
    }, FLASH);
  }
}

function childrenWords(states) {
  const all = Object.values(states).reduce((sum, number) => sum + number, 0);
  if (!all) return "no children";
  const kinds = Object.entries(states).filter(([, number]) => number);
  if (kinds.length === 1 && kinds[0][0] === "running") return `${counted(all, "child", "children")}, all running`;
  const each = kinds.map(([state, number]) => `${count(number)} ${stateWords(state).word}`);
  return `${counted(all, "child", "children")}: ${each.join(", ")}`;
}

const root = h("ul", { class: "tree" });

/** Shows the tree of a status. */
export function showTree(tree) {
  if (!root.isConnected) byId("tree-body").append(root);
  reconcile(root, [tree], (node) => node.name, (node) => new TreeNode(node.name, node));
}

/** Shows what happened to nodes that are there. */
export function treeHears(events) {
  for (const event of events) {
    views.get(event.path)?.hear(event);
  }
}
