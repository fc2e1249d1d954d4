// The rate budget of each game, sources, stores, Discord, VIP.

import { actionButton } from "./actions.js";
import { buttons, byId, h, reconcile, setAttribute, setText } from "./dom.js";
import { count, counted, dayOf, duration, since, stateWords } from "./words.js";

class Lane {
  constructor([game]) {
    this.state = h("span", { class: "chip" });
    this.fill = h("span");
    this.meter = h("div", { class: "meter", role: "meter", "aria-label": `Calls to ${game}`, "aria-valuemin": 0 }, this.fill);
    this.facts = h("p", { class: "facts" });
    this.why = h("p", { class: "problem", hidden: true });
    this.pause = actionButton("Pause", `Pause ${game}`, "pause", { game });
    this.resume = actionButton("Resume", `Resume ${game}`, "resume", { game });
    const head = h("div", { class: "row" }, h("h3", {}, game), this.state, buttons(this.pause, this.resume));
    this.element = h("li", { "data-game": game }, head, this.meter, this.facts, this.why);
  }

  update([, lane]) {
    this.meter.hidden = !lane;
    if (!lane) {
      setText(this.state, "○ not called yet");
      setAttribute(this.state, "data-tone", "quiet");
      this.resume.toggleAttribute("data-off", true);
      return;
    }
    const paused = Boolean(lane.reason);
    setText(this.state, paused ? "⏸ paused" : "● open");
    setAttribute(this.state, "data-tone", paused ? "warn" : "good");
    const share = lane.limit ? Math.min(1, lane.used / lane.limit) : 0;
    this.fill.style.width = `${(share * 100).toFixed(1)}%`;
    const used = `${count(lane.used)} of ${counted(lane.limit, "call")} in the last ${duration(lane.period)}`;
    setAttribute(this.meter, "aria-valuemax", lane.limit);
    setAttribute(this.meter, "aria-valuenow", Math.min(lane.used, lane.limit));
    setAttribute(this.meter, "aria-valuetext", used);
    setAttribute(this.meter, "data-tone", share >= 0.95 ? "warn" : null);
    setText(this.facts, `${used} · ${count(lane.in_flight)} in flight · ${count(lane.waiting)} waiting`);
    this.why.hidden = !paused;
    if (paused) setText(this.why, `${lane.reason.replaceAll("_", " ").toLowerCase()}, ${untilWords(lane.paused_until)}`);
    this.pause.toggleAttribute("data-off", paused);
    this.resume.toggleAttribute("data-off", !paused);
  }
}

function untilWords(stamp) {
  if (!stamp || stamp.startsWith("9999")) return "until somebody resumes it";
  const left = (Date.parse(stamp) - Date.now()) / 1000;
  return left > 0 ? `for ${duration(left)} more` : "one call tries now";
}

/** A line with a name, a state, facts and what is wrong. */
class Line {
  constructor() {
    this.name = h("span", { class: "name" });
    this.state = h("span", { class: "chip" });
    this.facts = h("span", { class: "facts" });
    this.error = h("span", { class: "error" });
    this.element = h("li", {}, h("div", { class: "row" }, this.name, this.state, this.facts, this.error));
  }

  update({ name, state, facts, error }) {
    const { text, tone } = stateWords(state);
    setText(this.name, name);
    setText(this.state, text);
    setAttribute(this.state, "data-tone", tone);
    setText(this.facts, facts.filter(Boolean).join(" · "));
    setText(this.error, error ?? "");
  }
}

const lists = new Map();

function lines(id, rows, empty, make = () => new Line(), keyOf = (row) => row.name) {
  if (!lists.has(id)) {
    const made = { list: h("ul", { class: "lines" }), none: h("p", { class: "quiet" }, empty) };
    byId(id).append(made.none, made.list);
    lists.set(id, made);
  }
  const { list, none } = lists.get(id);
  none.hidden = rows.length > 0;
  list.hidden = !rows.length;
  reconcile(list, rows, keyOf, make);
}

function sourceLine([name, source]) {
  const facts = source.checks === undefined ? [] : [
    counted(source.checks, "check"),
    `every ${duration(source.interval)}`,
    source.last_ok_at ? `read ${duration(since(source.last_ok_at))} ago` : "not read yet",
    source.consecutive_errors ? `${counted(source.consecutive_errors, "error")} in a row` : "",
  ];
  return { name, state: source.state, facts, error: source.last_error };
}

function storeLine([name, store]) {
  const lag = store.lag === undefined ? "" : store.lag === null ? "lag unknown" : store.lag ? `lacks ${counted(store.lag, "batch", "batches")}` : "up to date";
  return { name, state: store.state, facts: [lag, store.lag_seconds ? `for ${duration(store.lag_seconds)}` : ""], error: store.last_error };
}

function discordLines(discord) {
  if (!discord) return [];
  const facts = [
    discord.guilds === undefined ? "" : counted(discord.guilds, "server"),
    discord.latency ? `${Math.round(discord.latency * 1000)} ms` : "",
    discord.reconnects ? counted(discord.reconnects, "reconnect") : "",
    discord.since ? `since ${dayOf(discord.since)}` : "",
    discord.next_attempt ? `next attempt ${dayOf(discord.next_attempt)}` : "",
  ];
  const missing = (discord.intents_off ?? []).map((name) => ({ name: `intent ${name}`, state: "off", facts: [], error: "switched off in the Developer Portal" }));
  const troubles = (discord.channel_troubles ?? []).map((one) => ({
    name: `channel ${one.channel} of ${one.guild}`, state: "failing", facts: [`since ${dayOf(one.since)}`], error: one.reason,
  }));
  return [{ name: discord.name || "gateway", state: discord.state, facts, error: discord.reason }, ...missing, ...troubles];
}

const IN_ORDER = ["free", "leased", "draining"];

function vipLines(vip) {
  if (!vip.enabled) return vip.sessions ? [{ name: counted(vip.sessions, "session"), state: "left open", facts: ["VIP threads are off"], error: "" }] : [];
  const states = Object.entries(vip.by_state).map(([state, number]) => `${count(number)} ${state}`);
  const oldest = vip.oldest_undelivered;
  const sessions = vip.sessions === null
    ? { name: "sessions", state: "no answer", facts: [], error: "the VIP desk does not tell" }
    : {
      name: counted(vip.sessions, "session"),
      state: vip.sessions ? "running" : "none",
      facts: [...states, oldest === null ? "" : `oldest undelivered message ${duration(oldest)}`],
    };
  const queue = vip.waiting === null
    ? { name: "accounts", state: "no answer", facts: [], error: "the account pool does not tell" }
    : { name: "waiting list", state: vip.waiting ? "waiting" : "empty", facts: vip.waiting ? [counted(vip.waiting, "member")] : [] };
  return [sessions, queue, ...vip.account_list.map(accountLine)];
}

function accountLine({ name, state, reason, connection, until }) {
  const right = IN_ORDER.includes(state) && connection === "connected";
  const facts = [connection ? `Telegram: ${connection}` : "", until ? `tried again ${dayOf(until)}` : "", right ? reason : ""];
  return { name: `account ${name}`, state, facts, error: right ? "" : reason };
}

let games = [];

/** The games that are configured: one can be paused before it is called. */
export function setGames(names) {
  games = names;
}

/** Shows a status. */
export function showGauges(status) {
  const { rate } = status.giftcodes;
  const lanes = [...Object.entries(rate), ...games.filter((game) => !(game in rate)).map((game) => [game, null])];
  lines("rate-body", lanes, "No game is configured.", (row) => new Lane(row), ([game]) => game);
  lines("sources-body", Object.entries(status.giftcodes.sources).map(sourceLine), "No sources are configured.");
  lines("stores-body", Object.entries(status.storage.backends).map(storeLine), "There is no store.");
  lines("discord-body", discordLines(status.discord), "perkd runs without Discord.");
  lines("vip-body", vipLines(status.vip), "There are no VIP threads.");
}
