/* A selection of thousands of items of which only those near the eye are in the page.

   data-order       the items' numbers in their order: "1-4 7.9.12 8"; those tied by dots are one stack
   data-first       the place of the first tile that came with the page; data-at the item to land on
   data-tiles-url   where further windows come from: ?n= a part of the order
   [data-tiles]     the list, or the table's body, in which the tiles stand

   Tiles far away are taken out, and empty space stands for them, so that the page is as long as the whole
   selection. The focus is kept: when its tile is taken out the grid itself holds it, and gives it back. */
import { part } from "./part.js";
import { endReveal } from "./reveal.js";
import { say } from "./say.js";

const SCREENS = 1; // kept above and below what is in sight
const AT_ONCE = 16; // tiles asked for at once: few enough that reading them in stops no scrolling
const ASKING = 2; // requests under way
const PACE_MS = 60; // while the page runs past, what passes in between is not asked for
const REMEMBERED_MS = 300;

/** Read an order into stacks of numbers. */
export function stacksOf(text) {
  return text.split(" ").filter(Boolean).flatMap((word) => {
    const [first, last] = word.split("-").map(Number);
    if (!word.includes("-")) return [word.split(".").map(Number)];
    return Array.from({ length: last - first + 1 }, (_, n) => [first + n]);
  });
}

/** Hold the selection of ``grid``; ``quiet``, ``focus`` and ``count`` are what grid.js does with a tile. */
export function hold(grid, { quiet, focus, count }) {
  const rows = grid.matches("table");
  const list = grid.matches("[data-tiles]") ? grid : grid.querySelector("[data-tiles]");
  const order = stacksOf(grid.dataset.order);
  const say_ = grid.dataset;
  const places = new WeakMap(); // tile or blank → place
  const nodes = new Map(); // place → tile or blank
  const chosen = new Map(); // number of the first of a stack → all its numbers
  const folded = new Map(); // any number of an unfolded stack → the whole stack
  const asked = new Set(); // places under way
  const ends = new AbortController();
  let [from, to, pitch, wish, waiting, remembering, tall] = [0, 0, 0, -1, 0, 0, 0];
  const space = rows ? [spacer(), spacer()] : null;

  const shelf = {
    here: 0,
    get size() { return order.length; },
    tile: (place) => (isTile(nodes.get(place)) ? nodes.get(place) : null),
    indexOf: (tile) => places.get(tile) ?? -1,
    show,
    columns,
    chosen: () => chosen.size,
    choose,
    forget() { chosen.clear(); for (const tile of tiles()) pick(tile, false); count(); },
    numbers: () => [...chosen.values()],
    stack: (place) => order[place],
    tilesOf: (numbers) => tiles().filter((tile) => numbers.has(Number(tile.dataset.number))),
    fold,
    placeOf: (number) => order.findIndex((stack) => stack.includes(number)),
  };
  begin();
  return shelf;

  function begin() {
    grid.tabIndex = -1;
    const here = [...list.querySelectorAll("[data-tile]")];
    from = Number(say_.first);
    to = from + here.length;
    here.forEach((tile, n) => put(from + n, tile));
    if (space) { list.prepend(space[0]); list.append(space[1]); }
    grid.closest("section")?.querySelector("nav.pages")?.remove(); // scrolling takes their part
    shelf.here = from;
    measure();
    pad();
    const at = shelf.placeOf(Number(say_.at));
    if (at >= 0 && Number(say_.at)) land(at);
    else if (from > 0) list.querySelector("[data-tile]")?.scrollIntoView({ block: "start" });
    list.addEventListener("focusin", () => { clearTimeout(remembering); remembering = setTimeout(remember, REMEMBERED_MS); });
    list.addEventListener("click", (event) => { if (event.target.closest("a[href]")) remember(); }, { capture: true });
    const told = { signal: ends.signal, passive: true };
    window.addEventListener("scroll", drawSoon, told);
    new ResizeObserver(resized).observe(grid);
    grid.closest("form")?.addEventListener("formdata", carry, { signal: ends.signal });
    drawSoon();
  }

  function land(at) {
    shelf.here = at;
    const tile = shelf.tile(at);
    if (!tile) return;
    tile.scrollIntoView({ block: "center" });
    requestAnimationFrame(() => focus(tile));
  }

  function isTile(node) { return Boolean(node && "number" in node.dataset); }
  function tiles() { return [...nodes.values()].filter(isTile); }
  function spacer() {
    const row = document.createElement("tr");
    row.setAttribute("aria-hidden", "true");
    row.append(document.createElement("td"));
    row.firstChild.colSpan = 99;
    row.className = "space";
    return row;
  }

  function columns() {
    return rows ? 1 : Math.max(1, getComputedStyle(list).gridTemplateColumns.split(" ").length);
  }

  /* All rows are as high as the highest tile that was met, so that every place has its place. */
  function measure() {
    const met = tiles();
    if (!met.length) return;
    const high = rows
      ? Math.max(...met.map((tile) => tile.getBoundingClientRect().height))
      : Math.max(tall, ...met.map((tile) => Math.max(tile.offsetHeight, tile.scrollHeight + 2)));
    const gap = rows ? 0 : parseFloat(getComputedStyle(list).rowGap) || 0;
    if (!rows && high !== tall) {
      tall = high;
      list.style.gridAutoRows = `${tall}px`;
    }
    pitch = high + gap;
  }

  function pad() {
    const wide = columns();
    const above = Math.floor(from / wide) * pitch;
    const below = Math.max(0, Math.ceil(order.length / wide) - Math.ceil(to / wide)) * pitch;
    if (rows) {
      space[0].firstChild.style.height = `${above}px`;
      space[1].firstChild.style.height = `${below}px`;
      space[0].hidden = !above;
      space[1].hidden = !below;
    } else {
      list.style.paddingTop = `${above}px`;
      list.style.paddingBottom = `${below}px`;
    }
  }

  function resized() {
    const wide = columns();
    if (wide === resized.wide) return;
    resized.wide = wide;
    tall = 0;
    list.style.gridAutoRows = "";
    measure();
    draw(true);
  }

  function drawSoon() {
    if (drawSoon.frame) return;
    drawSoon.frame = requestAnimationFrame(() => { drawSoon.frame = 0; draw(); });
  }

  function inSight() {
    const top = list.getBoundingClientRect().top;
    const wide = columns();
    const first = Math.floor(Math.max(0, -top) / pitch);
    const last = Math.ceil(Math.max(0, window.innerHeight - top) / pitch);
    return { first, last: Math.max(first + 1, last), wide };
  }

  function draw(anew = false) {
    if (!grid.isConnected) return ends.abort();
    if (!pitch) return;
    const { first, last, wide } = inSight();
    const over = Math.max(2, Math.ceil((last - first) * SCREENS));
    const near = [Math.max(0, first - Math.ceil(over / 2)) * wide, Math.min(order.length, (last + Math.ceil(over / 2)) * wide)];
    if (anew || near[0] < from || near[1] > to) {
      range(Math.max(0, first - over) * wide, Math.min(order.length, (last + over) * wide));
    }
    waiting ||= setTimeout(() => { waiting = 0; ask(); }, PACE_MS);
    clearTimeout(remembering);
    remembering = setTimeout(remember, REMEMBERED_MS);
  }

  /* Have the tiles of these places in the page, a blank for each that has not come, and no other. */
  function range(a, b) {
    a = Math.min(a, Math.max(0, order.length - 1));
    for (const [place, node] of nodes) if (place < a || place >= b) takeOut(place, node);
    const [before, after] = [document.createDocumentFragment(), document.createDocumentFragment()];
    let seen = false;
    for (let place = a; place < b; place += 1) {
      if (nodes.has(place)) seen = true;
      else (seen ? after : before).append(put(place, blank()));
    }
    const end = space ? space[1] : null;
    if (seen) {
      list.insertBefore(before, space ? space[0].nextSibling : list.firstChild);
      list.insertBefore(after, end);
    } else list.insertBefore(before, end);
    [from, to] = [a, b];
    pad();
  }

  function put(place, node) {
    nodes.set(place, node);
    places.set(node, place);
    if (rows) node.setAttribute("aria-rowindex", place + 2);
    else {
      node.setAttribute("aria-posinset", place + 1);
      node.setAttribute("aria-setsize", order.length);
    }
    return node;
  }

  function blank() {
    const node = document.createElement(rows ? "tr" : "li");
    node.className = rows ? "tile-row blank" : "tile blank";
    const inner = rows ? document.createElement("td") : node;
    if (rows) { inner.colSpan = 10; node.append(inner); node.style.height = `${pitch}px`; }
    inner.textContent = "…";
    return node;
  }

  function takeOut(place, node) {
    if (node.querySelector("[data-held]")) endReveal();
    if (node.contains(document.activeElement)) {
      wish = shelf.here = place;
      grid.focus({ preventScroll: true });
    }
    nodes.delete(place);
    node.remove();
  }

  /* Ask for what is missing, what is in sight first. */
  function ask() {
    if (!grid.isConnected || asked.size >= ASKING * AT_ONCE) return;
    const { first, last, wide } = inSight();
    const middle = ((first + last) / 2) * wide;
    const missing = [...nodes.keys()].filter((p) => !isTile(nodes.get(p)) && !asked.has(p) && !("gone" in nodes.get(p).dataset));
    if (!missing.length) return;
    missing.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    const some = missing.slice(0, AT_ONCE).sort((a, b) => a - b);
    some.forEach((place) => asked.add(place));
    bring(some).finally(() => { some.forEach((place) => asked.delete(place)); ask(); });
    ask();
  }

  async function bring(some) {
    const wanted = some.map((place) => order[place]);
    const url = new URL(say_.tilesUrl, location.href);
    url.searchParams.set("n", wanted.map((stack) => stack.join(".")).join(" "));
    if (rows) url.searchParams.set("view", "table");
    try {
      fill(some, wanted, (await part(url)).document);
    } catch {
      await pause();
    }
  }

  function pause() { return new Promise((done) => { setTimeout(done, 1000); }); }

  function fill(some, wanted, answer) {
    const come = new Map();
    for (const tile of answer.querySelectorAll("[data-tile]")) {
      for (const number of tile.dataset.numbers.split(".")) come.set(Number(number), tile);
    }
    some.forEach((place, n) => {
      const old = nodes.get(place);
      if (!old || isTile(old) || order[place] !== wanted[n]) return;
      const tile = come.get(wanted[n].find((number) => come.has(number)));
      if (!tile) {
        old.dataset.gone = "";
        (rows ? old.firstChild : old).textContent = say_.sayGone;
        return;
      }
      quiet(tile);
      pick(tile, chosen.has(Number(tile.dataset.number)));
      old.replaceWith(put(place, tile));
    });
    if (!rows && tiles().some((tile) => tile.scrollHeight > tile.clientHeight + 1)) { measure(); pad(); }
    const tile = wish >= 0 && shelf.tile(wish);
    if (tile) {
      if (document.activeElement === grid) focus(tile);
      wish = -1;
    }
  }

  function pick(tile, on) {
    const input = tile.querySelector(".pick input");
    if (input) input.checked = on;
  }

  function choose(tile, on) {
    const stack = tile.dataset.numbers.split(".").map(Number);
    if (on) chosen.set(stack[0], stack);
    else chosen.delete(stack[0]);
  }

  /* A form without this script's help sends what is chosen and in the page; the rest is added. */
  function carry(event) {
    if (!chosen.size) return;
    event.formData.delete("item");
    event.formData.set("numbers", shelf.numbers().map((stack) => stack.join(".")).join(" "));
  }

  /* Bring a place into sight; its tile, or nothing while that is on its way: then the grid holds the focus. */
  function show(place) {
    if (place < 0 || place >= order.length) return null;
    shelf.here = place;
    const there = shelf.tile(place);
    if (there) return there;
    const wide = columns();
    const top = list.getBoundingClientRect().top + window.scrollY;
    const y = top + Math.floor(place / wide) * pitch;
    wish = place;
    grid.focus({ preventScroll: true });
    window.scrollTo({ top: Math.max(0, y - window.innerHeight / 2 + pitch / 2), behavior: "instant" });
    draw();
    ask();
    say((say_.sayWaiting ?? "").replace("%n", place + 1).replace("%c", order.length));
    return null;
  }

  /* Lay a stack out, each copy by itself, or fold it again. */
  function fold(place) {
    const stack = order[place];
    if (!stack) return;
    const whole = folded.get(stack[0]);
    let first = place;
    if (whole) {
      first = shelf.placeOf(whole[0]);
      order.splice(first, whole.length, whole);
      whole.forEach((number) => folded.delete(number));
      say(say_.sayFolded);
    } else if (stack.length > 1) {
      order.splice(place, 1, ...stack.map((number) => [number]));
      stack.forEach((number) => folded.set(number, stack));
      say((say_.sayUnfolded ?? "").replace("%n", stack.length));
    } else return;
    for (const [at, node] of nodes) if (at >= first) takeOut(at, node);
    wish = shelf.here = first;
    grid.focus({ preventScroll: true });
    if (rows) grid.setAttribute("aria-rowcount", order.length + 1);
    for (const [at, node] of nodes) put(at, node);
    to = Math.max(from, first);
    draw(true);
    ask();
  }

  /* The address carries the place, so that going back lands where one was. */
  function remember() {
    if (!grid.isConnected) return;
    const { first, wide } = inSight();
    const seen = nodes.get(shelf.here)?.getBoundingClientRect();
    const focused = grid.contains(document.activeElement) && seen && seen.bottom > 0 && seen.top < window.innerHeight;
    const place = focused ? shelf.here : Math.min(order.length - 1, first * wide);
    const url = new URL(location.href);
    url.searchParams.delete("page");
    url.hash = "";
    if (place > 0) url.searchParams.set("at", order[place][0]);
    else url.searchParams.delete("at");
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  }
}
