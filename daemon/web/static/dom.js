// Making and changing elements. Text is only ever set as text: nothing from outside becomes markup.

/** An element; attributes that are null or false are left out, those named `on…` are listeners. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Buttons at the end of a row. */
export const buttons = (...each) => h("span", { class: "buttons" }, ...each);

export const byId = (id) => document.getElementById(id);

/** Sets a text only where it differs: what stays the same is not laid out, or read out, again. */
export function setText(element, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

export function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const wanted = value === true ? "" : String(value);
  if (element.getAttribute(name) !== wanted) element.setAttribute(name, wanted);
}

const kept = new WeakMap();

/**
 * Makes the children of `parent` those of `items`, keeping the elements of items that stay: focus and
 * selection survive. `make(item)` returns an object with `element`, `update(item)` and perhaps `gone()`.
 */
export function reconcile(parent, items, keyOf, make) {
  const before = kept.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (after.has(key)) continue;
    const view = before.get(key) ?? make(item);
    view.update(item);
    after.set(key, view);
  }
  for (const [key, view] of before) {
    if (after.has(key)) continue;
    view.element.remove();
    view.gone?.();
  }
  let place = parent.firstChild;
  for (const view of after.values()) {
    if (view.element === place) place = place.nextSibling;
    else parent.insertBefore(view.element, place);
  }
  kept.set(parent, after);
  return after;
}

let waiting = [];
let saying = null;

/** Tells a screen reader, politely: what comes within two seconds is said together. */
export function announce(text) {
  waiting.push(text);
  if (saying !== null) return;
  saying = setTimeout(() => {
    const said = waiting.length > 4 ? [...waiting.slice(0, 4), `and ${waiting.length - 4} more`] : waiting;
    setText(byId("announce"), said.join("; "));
    waiting = [];
    saying = null;
  }, 2000);
}
