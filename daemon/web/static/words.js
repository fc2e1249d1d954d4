// Numbers, times and states as a person reads them.

const whole = new Intl.NumberFormat("en");

export const count = (number) => (number === null || number === undefined ? "–" : whole.format(number));

export const counted = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;

/** Seconds as `2 d 3 h`, `4 min 5 s`, `6 s`. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const left = Math.max(0, Math.round(seconds));
  if (left < 60) return `${left} s`;
  if (left < 3600) return left % 60 ? `${Math.floor(left / 60)} min ${left % 60} s` : `${left / 60} min`;
  if (left < 86400) return `${Math.floor(left / 3600)} h ${Math.floor((left % 3600) / 60)} min`;
  return `${Math.floor(left / 86400)} d ${Math.floor((left % 86400) / 3600)} h`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", {
  year: "numeric", month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

/** Unix seconds as the time of day. */
export const timeOf = (at) => clock.format(new Date(at * 1000));

/** An ISO stamp as day and time here. */
export const dayOf = (stamp) => (stamp ? day.format(new Date(stamp)) : "–");

/** Seconds since an ISO stamp. */
export const since = (stamp) => (stamp ? Math.max(0, (Date.now() - Date.parse(stamp)) / 1000) : null);

/** What a state is called, its sign, and its tone: a tone never stands alone. */
const STATES = {
  running: ["running", "●", "good"],
  starting: ["starting", "◌", "busy"],
  backing_off: ["backing off", "↻", "bad"],
  stopping: ["stopping", "◐", "busy"],
  overdue: ["overdue", "!", "bad"],
  stopped: ["stopped", "■", "bad"],
  crashed: ["crashed", "✖", "bad"],
  healthy: ["healthy", "●", "good"],
  degraded: ["degraded", "▲", "warn"],
  down: ["down", "✖", "bad"],
  live: ["live", "●", "good"],
  leading: ["leading", "●", "good"],
  following: ["following", "●", "good"],
  connected: ["connected", "●", "good"],
  connecting: ["connecting", "◌", "busy"],
  reconnecting: ["reconnecting", "↻", "warn"],
  behind: ["behind", "▲", "warn"],
  waiting: ["waiting", "◌", "warn"],
  away: ["away", "✖", "bad"],
  failing: ["failing", "✖", "bad"],
  "no answer": ["no answer", "✖", "bad"],
  off: ["off", "○", "quiet"],
  free: ["free", "○", "good"],
  leased: ["leased", "●", "good"],
  draining: ["draining", "◐", "busy"],
  quarantined: ["quarantined", "▲", "warn"],
  flood_wait: ["flood wait", "◌", "warn"],
  limited: ["limited", "▲", "bad"],
  dead: ["dead", "✖", "bad"],
  redeemed: ["redeemed", "●", "good"],
  already: ["already had it", "◉", "good"],
  failed: ["failed", "✖", "bad"],
  pending: ["waiting", "◌", "quiet"],
};

export function stateWords(state) {
  const [word, sign, tone] = STATES[state] ?? [String(state).replaceAll("_", " "), "○", "quiet"];
  return { text: `${sign} ${word}`, word, tone };
}

export const reason = (status) => String(status || "no reason").replaceAll("_", " ").toLowerCase();
