/* The bench: tools on a derived copy. The desk does the arithmetic; here the fields become an address, the view
   is asked for again when it stands there, and a step can be taken back.

   [data-bench]              the section; its .veil[data-grey-url], and buttons that ask and reveal into it
   form[data-recipe]         fields with data-measure; an input with data-slide gets a slider beside it
   [data-bench-drawing]      asks for data-edges-url in the same place
   [data-undo] [data-reset]  the last step, or everything, back
   [data-recipe-told]        a hidden field that gets the recipe as a query
   [data-second]             hidden fields that get the second of the present frame
   [data-together]           a check box: two benches of a [data-pair] zoom and move as one
   It sends the event "recipe" when a field has changed; corners.js and film.js use the same fields. */
import { putAway } from "./ask.js";
import { all, firstTime, say } from "./say.js";

const fresh = firstTime();
const MOST_STEPS = 100;
const ZOOMED = ["zoom", "across", "down"];

/** Prepare every bench under ``root``. */
export function attachBenches(root) {
  all(root, "[data-bench]").filter(fresh).forEach(prepare);
}

/** The fields of a bench by the name of their measure. */
export function measures(bench) {
  const fields = [...bench.querySelectorAll("[data-measure]")];
  return Object.fromEntries(fields.map((field) => [field.dataset.measure, field]));
}

/** Write values into a bench's fields, as one step. */
export function change(bench, values, quiet = false) {
  const fields = measures(bench);
  for (const [name, value] of Object.entries(values)) put(fields[name], value);
  if (!quiet) bench.dispatchEvent(new CustomEvent("recipe", { bubbles: true }));
}

/** An address with some of its query's fields replaced; an empty value takes one out. */
export function addressed(url, fields) {
  const there = new URL(url, location.href);
  for (const [name, value] of Object.entries(fields)) {
    if (value === "" || value === null) there.searchParams.delete(name);
    else there.searchParams.set(name, value);
  }
  return there.pathname + there.search;
}

/** What the fields say, each that differs from doing nothing. */
export function told(bench) {
  const found = {};
  for (const [name, field] of Object.entries(measures(bench))) {
    const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
    const plain = field.dataset.plain ?? (name === "turn" ? "0" : "");
    found[name] = value === "" || value === plain || Number(value) === Number(plain || NaN) ? "" : value;
  }
  return found;
}

function put(field, value) {
  if (!field) return;
  if (field.type === "checkbox") field.checked = value === "1" || value === true;
  else field.value = String(value);
  const slider = field.parentElement.querySelector("input[type=range]");
  if (slider) slider.value = field.value;
}

function kept(bench) {
  const pairs = Object.entries(measures(bench));
  return Object.fromEntries(pairs.map(([n, f]) => [n, f.type === "checkbox" ? f.checked : f.value]));
}

function prepare(bench) {
  const form = bench.querySelector("[data-recipe]");
  if (!form) return;
  const steps = [];
  let now = kept(bench);
  const undo = form.querySelector("[data-undo]");
  undo.hidden = false;
  all(form, "[data-slide]").forEach(slide);

  const changed = (event) => {
    const next = kept(bench);
    const same = JSON.stringify(next) === JSON.stringify(now);
    if (!same) {
      steps.push(now);
      if (steps.length > MOST_STEPS) steps.shift();
      now = next;
      undo.disabled = false;
    }
    if (!same || event?.detail?.redraw) show(bench, form);
  };
  bench.addEventListener("recipe", changed);
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-measure]") && event.target.reportValidity()) changed();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.reportValidity()) show(bench, form);
  });
  undo.addEventListener("click", () => {
    const before = steps.pop();
    if (!before) return;
    now = before;
    change(bench, before, true);
    if (!steps.length) {
      bench.querySelector(".veil").focus(); // a button that goes grey must not hold the focus
      undo.disabled = true;
    }
    show(bench, form);
    say(form.dataset.sayUndone);
  });
  form.querySelector("[data-reset]").addEventListener("click", (event) => {
    event.preventDefault();
    const fields = Object.entries(measures(bench));
    change(bench, Object.fromEntries(fields.map(([n, f]) => [n, f.dataset.plain ?? (n === "turn" ? "0" : "")])));
    say(form.dataset.sayReset);
  });
  views(bench, form);
  byKeys(bench, form);
  byPointer(bench);
  together(bench);
  document.addEventListener("frame", (event) => {
    if (event.target !== bench && !bench.dataset.bench) second(bench, event.detail.t);
  });
}

/** Let a bench stand at another second of its video. */
export function second(bench, t) {
  if (bench.dataset.t === undefined) return;
  bench.dataset.t = String(t);
  for (const field of bench.querySelectorAll("[data-second], [data-moments] [name=t]")) field.value = String(t);
  show(bench, bench.querySelector("[data-recipe]"));
}

/* The doors get the new recipe; a still or drawing that stands there is asked for again, one look more. */
function show(bench, form) {
  const veil = bench.querySelector(".veil");
  const fields = { ...told(bench), ...(bench.dataset.t === undefined ? {} : { t: bench.dataset.t }) };
  const setting = bench.querySelector("[data-corners-set]")?.getAttribute("aria-pressed") === "true";
  if (setting) for (const name of Object.keys(fields)) if (isLayout(name)) fields[name] = "";
  veil.dataset.greyUrl = addressed(veil.dataset.greyUrl, fields);
  for (const button of bench.querySelectorAll("[data-reveal-url]")) {
    button.dataset.revealUrl = addressed(button.dataset.revealUrl, fields);
  }
  const note = bench.querySelector("[data-recipe-told]");
  const query = Object.entries(told(bench)).filter(([, value]) => value !== "");
  if (note) note.value = new URLSearchParams(query).toString();
  const pressed = bench.querySelector('[data-ask][aria-pressed="true"]');
  if (pressed) again(pressed);
  form.querySelector("[data-reset]").toggleAttribute("data-adjusted", query.length > 0);
}

/** Draw a bench's view anew. */
export function redraw(bench) {
  show(bench, bench.querySelector("[data-recipe]"));
}

const isLayout = (name) => /^(c\d[xy]|flip|turn|angle|zoom|across|down)$/.test(name);

function again(button) {
  const veil = document.getElementById(button.dataset.ask);
  const view = button.matches("[data-bench-drawing]") ? "edges" : "";
  veil.dataset.greyUrl = addressed(veil.dataset.greyUrl, { view });
  button.setAttribute("aria-pressed", "false");
  button.click();
}

/* Grey and drawing are shown in one place: who asks for one puts the other away. */
function views(bench, form) {
  const veil = bench.querySelector(".veil");
  bench.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ask]");
    if (!button || button.getAttribute("aria-pressed") === "true") return;
    const view = button.matches("[data-bench-drawing]") ? "edges" : "";
    if (bench.querySelector('[data-ask][aria-pressed="true"]')) putAway(veil);
    veil.dataset.greyUrl = addressed(veil.dataset.greyUrl, { view });
  }, true); // before ask.js, which listens on the document
}

function slide(field) {
  const slider = document.createElement("input");
  slider.type = "range";
  [slider.min, slider.max, slider.step] = [field.min, field.max, field.dataset.step];
  slider.value = field.value;
  slider.setAttribute("aria-label", field.labels[0]?.textContent ?? "");
  slider.addEventListener("input", () => { field.value = slider.value; });
  slider.addEventListener("change", () => field.dispatchEvent(new Event("change", { bubbles: true })));
  field.addEventListener("input", () => { slider.value = field.value; });
  field.after(slider);
}

/* --- zoom and move ---------------------------------------------------------------------------------- */

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const round = (value) => String(Math.round(value * 1000) / 1000);

function moved(bench, { zoom, across, down }) {
  const half = 0.5 / zoom;
  change(bench, {
    zoom: round(zoom), across: round(clamp(across, half, 1 - half)), down: round(clamp(down, half, 1 - half)),
  });
}

function place(bench) {
  const fields = measures(bench);
  return Object.fromEntries(ZOOMED.map((name) => [name, Number(fields[name].value)]));
}

function byKeys(bench, form) {
  const veil = bench.querySelector(".veil");
  const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  veil.addEventListener("keydown", (event) => {
    if (event.target !== veil || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = place(bench);
    if (event.key in ways) {
      here.across += ways[event.key][0] * 0.1 / here.zoom;
      here.down += ways[event.key][1] * 0.1 / here.zoom;
    } else if (event.key === "+" || event.key === "=") here.zoom = Math.min(here.zoom * 1.25, 16);
    else if (event.key === "-") here.zoom = Math.max(here.zoom / 1.25, 1);
    else if (event.key === "0") here.zoom = 1;
    else return;
    event.preventDefault();
    moved(bench, here);
    say((form.dataset.sayZoom ?? "").replace("%z", String(Math.round(here.zoom * 10) / 10)));
  });
}

/** The box of a veil in which a picture of that shape stands, as ``object-fit: contain`` draws it. */
export function drawnBox(veil) {
  const area = veil.getBoundingClientRect();
  const still = veil.querySelector("img");
  const [wide, high] = still?.naturalWidth
    ? [still.naturalWidth, still.naturalHeight]
    : [Number(veil.dataset.wide), Number(veil.dataset.high)];
  const scale = Math.min(area.width / wide, area.height / high);
  const [w, h] = [wide * scale, high * scale];
  return { left: area.left + (area.width - w) / 2, top: area.top + (area.height - h) / 2, width: w, height: h };
}

/* A box drawn on the view is a part of the part that is shown now. */
function byPointer(bench) {
  const veil = bench.querySelector(".veil");
  let from = null;
  const at = (event) => {
    const box = drawnBox(veil);
    return [clamp((event.clientX - box.left) / box.width, 0, 1), clamp((event.clientY - box.top) / box.height, 0, 1)];
  };
  veil.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || event.target.closest("[data-handle]") || veil.querySelector("svg")) return;
    from = at(event);
    veil.setPointerCapture(event.pointerId);
  });
  veil.addEventListener("pointercancel", () => { from = null; });
  veil.addEventListener("pointerup", (event) => {
    if (!from) return;
    const to = at(event);
    const [w, h] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    const middle = [(to[0] + from[0]) / 2, (to[1] + from[1]) / 2];
    from = null;
    if (Math.max(w, h) < 0.03) return;
    const here = place(bench);
    const part = 1 / here.zoom;
    moved(bench, {
      zoom: Math.min(here.zoom / Math.max(w, h), 16),
      across: here.across + (middle[0] - 0.5) * part,
      down: here.down + (middle[1] - 0.5) * part,
    });
  });
}

function together(bench) {
  const pair = bench.closest("[data-pair]");
  const choice = document.querySelector("[data-together]");
  if (!pair || !choice) return;
  bench.addEventListener("recipe", () => follow(bench, pair, choice));
  bench.addEventListener("change", () => follow(bench, pair, choice));
}

function follow(bench, pair, choice) {
  if (!choice.checked) return;
  const here = place(bench);
  for (const other of pair.querySelectorAll("[data-bench]")) {
    const there = place(other);
    if (other === bench || ZOOMED.every((name) => here[name] === there[name])) continue;
    change(other, here);
  }
}
