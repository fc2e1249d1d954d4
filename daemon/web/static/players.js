// Players: looked for on the server's side, with what was tried for each.

import { get } from "./api.js";
import { buttons, byId, h, reconcile, setAttribute, setText } from "./dom.js";
import { Pager } from "./pager.js";
import { dayOf, reason, stateWords } from "./words.js";

const LATEST = 20;

class PlayerRow {
  constructor(player) {
    this.player = player;
    this.name = h("span", { class: "name" });
    this.about = h("span", { class: "facts" });
    this.button = h("button", {
      type: "button", "aria-expanded": "false", "aria-label": `History of ${player.game}/${player.fid}`, onclick: () => this.toggle(),
    }, "History");
    this.history = h("ul", { class: "history", hidden: true });
    this.element = h("li", { "data-player": `${player.game}/${player.fid}` },
      h("div", { class: "row" }, this.name, this.about, buttons(this.button)), this.history);
  }

  update(player) {
    this.player = player;
    setText(this.name, player.name || "(no name)");
    const state = player.state ? `state ${player.state}` : "state unknown";
    setText(this.about, [player.game, player.fid, state, player.auto_redeem ? "" : "only on request"].filter(Boolean).join(" · "));
  }

  async toggle() {
    const open = this.history.hidden;
    this.history.hidden = !open;
    setAttribute(this.button, "aria-expanded", String(open));
    if (!open) return;
    let rows;
    try {
      rows = await get("/api/history", { player: `${this.player.game}/${this.player.fid}`, limit: LATEST });
    } catch (error) {
      this.history.replaceChildren(h("li", { class: "problem" }, error.message));
      return;
    }
    const lines = rows.reverse().map((row) => {
      const { text, tone } = stateWords(row.outcome);
      const why = row.outcome === "failed" ? ` (${reason(row.status)})` : "";
      return h("li", { class: "row" }, h("span", { class: "chip", "data-tone": tone }, text),
        h("span", { class: "code" }, row.code), h("span", { class: "facts" }, `${dayOf(row.last_at)}${why}`));
    });
    this.history.replaceChildren(...(lines.length ? lines : [h("li", { class: "quiet" }, "Nothing was tried yet.")]));
  }
}

const list = h("ul", { class: "lines" });
let pager;

export function startPlayers(games) {
  const options = [["", "all games"], ...games.map((game) => [game, game])];
  pager = new Pager({
    label: "players",
    empty: "Nobody is registered yet: /register in Discord does it, or perkd players add.",
    placeholder: "name, fid or state",
    size: 15,
    selects: [{ name: "game", text: "Game", options }],
    load: async (query) => {
      const page = await get("/api/search", query);
      reconcile(list, page.players, (player) => `${player.game}/${player.fid}`, (player) => new PlayerRow(player));
      return page;
    },
  });
  byId("players-body").append(pager.filters, pager.problem, list, pager.foot);
  pager.refresh();
}

export const refreshPlayers = () => pager?.refresh();
