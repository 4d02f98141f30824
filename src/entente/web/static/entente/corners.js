/* Four corners of a surface, set on the picture by pointer or keys; eight numbers in the form say the same.

   button[data-corners-set]     inside a [data-bench]: shows the picture as it is with four handles; pressed again,
                                the surface between them is straightened
   button[data-corners-forget]  takes the corners away
   data-when-on data-when-off data-say-on data-say-corner (%c %x %y) */
import { change, drawnBox, measures, redraw } from "./bench.js";
import { all, firstTime, say } from "./say.js";

const SVG = "http://www.w3.org/2000/svg";
const BEGIN = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
const STEP = 0.01;
const fresh = firstTime();

/** Prepare the corners of every bench under ``root``. */
export function attachCorners(root) {
  all(root, "[data-bench]").filter(fresh).forEach((bench) => {
    const set = bench.querySelector("[data-corners-set]");
    if (set) prepare(bench, set);
  });
}

const make = (name, attributes) => {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
};

function prepare(bench, set) {
  const veil = bench.querySelector(".veil");
  const forget = bench.querySelector("[data-corners-forget]");
  const fields = measures(bench);
  const names = [1, 2, 3, 4].map((n) => [`c${n}x`, `c${n}y`]);
  let svg = null;
  set.hidden = forget.hidden = false;

  const read = () => names.map((pair) => pair.map((name) => Number(fields[name].value)));
  const press = (on) => {
    set.setAttribute("aria-pressed", String(on));
    set.textContent = on ? set.dataset.whenOn : set.dataset.whenOff;
  };
  const draw = () => {
    const points = read();
    svg.querySelector("polygon").setAttribute("points", points.map((p) => p.join(",")).join(" "));
    svg.querySelectorAll("[data-handle]").forEach((handle, n) => {
      handle.setAttribute("transform", `translate(${points[n][0]} ${points[n][1]})`);
      handle.setAttribute("aria-valuenow", String(Math.round(points[n][0] * 100)));
      handle.setAttribute("aria-valuetext", words(n));
    });
  };
  const words = (n) => {
    const label = fields[names[n][0]].dataset.corner;
    const [x, y] = read()[n].map((v) => String(Math.round(v * 1000) / 10));
    return (set.dataset.sayCorner ?? "").replace("%c", label).replace("%x", x).replace("%y", y);
  };
  const move = (n, x, y) => {
    const clamp = (v) => String(Math.round(Math.min(Math.max(v, 0), 1) * 1000) / 1000);
    fields[names[n][0]].value = clamp(x);
    fields[names[n][1]].value = clamp(y);
    draw();
  };
  const begin = () => {
    if (names.flat().some((name) => fields[name].value === "")) {
      BEGIN.forEach(([x, y], n) => { fields[names[n][0]].value = x; fields[names[n][1]].value = y; });
    }
    /* the same box in which the picture stands: object-fit and preserveAspectRatio agree */
    const [w, h] = [Number(veil.dataset.wide), Number(veil.dataset.high)];
    svg = make("svg", { viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: "xMidYMid meet", class: "corners" });
    const plane = make("g", { transform: `scale(${w} ${h})` });
    plane.append(make("polygon", { points: "" }));
    names.forEach((_, n) => plane.append(handle(n, w, h)));
    svg.append(plane);
    veil.append(svg);
    press(true);
    redraw(bench);
    draw();
    svg.querySelector("[data-handle]").focus();
    say(set.dataset.sayOn);
  };
  const end = () => {
    svg?.remove();
    svg = null;
    press(false);
    bench.dispatchEvent(new CustomEvent("recipe", { bubbles: true, detail: { redraw: true } }));
  };
  const handle = (n, w, h) => {
    const size = 0.025 * Math.max(w, h);
    const label = fields[names[n][0]].dataset.corner;
    const range = { role: "slider", "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0, "aria-label": label };
    const knob = make("g", { "data-handle": n, tabindex: 0, ...range });
    knob.append(make("ellipse", { rx: size / w, ry: size / h }));
    knob.addEventListener("pointerdown", (event) => {
      knob.setPointerCapture(event.pointerId);
      knob.focus();
      event.stopPropagation();
      event.preventDefault();
    });
    knob.addEventListener("pointermove", (event) => {
      if (!knob.hasPointerCapture(event.pointerId)) return;
      const box = drawnBox(veil);
      move(n, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    });
    knob.addEventListener("pointerup", () => say(words(n)));
    knob.addEventListener("keydown", (event) => {
      const ways = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
      if (event.key === "Enter") return end();
      if (!(event.key in ways)) return;
      event.preventDefault();
      event.stopPropagation();
      const step = event.altKey ? STEP / 10 : STEP;
      const [x, y] = read()[n];
      move(n, x + ways[event.key][0] * step, y + ways[event.key][1] * step);
      say(words(n));
    });
    return knob;
  };
  set.addEventListener("click", () => (svg ? end() : begin()));
  forget.addEventListener("click", () => {
    svg?.remove();
    svg = null;
    press(false);
    change(bench, Object.fromEntries(names.flat().map((name) => [name, ""])));
  });
  for (const name of names.flat()) fields[name].addEventListener("input", () => { if (svg) draw(); });
}
