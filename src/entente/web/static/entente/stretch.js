/* Frames of a video as a strip of keys, and a stretch of time marked on it.

   [data-stretch]          holds button[data-t] (seconds), inputs named start and end,
                           button[data-from], button[data-to], output[data-now][data-text="at %t s"]
   data-frame-into="ID"    the place of the present frame: takes its data-grey-url and data-label, and
                           the buttons that reveal into it take data-frame-reveal and data-frame-hide
   data-at="SECOND"        where the page was opened: that second stays, exactly, until a frame is chosen
   It sends the event "frame" with {t}. */
import { putAway } from "./ask.js";
import { all, firstTime } from "./say.js";

const fresh = firstTime();

/** Prepare every strip under ``root``. */
export function attachStretches(root) {
  all(root, "[data-stretch]").filter(fresh).forEach(prepare);
}

function prepare(section) {
  const frames = [...section.querySelectorAll("button[data-t]")];
  const inputs = { start: section.querySelector('[name="start"]'), end: section.querySelector('[name="end"]') };
  let here = 0;

  const point = (index) => {
    here = Math.min(Math.max(index, 0), frames.length - 1);
    frames.forEach((frame, i) => {
      frame.tabIndex = i === here ? 0 : -1;
      if (i === here) frame.setAttribute("aria-current", "true");
      else frame.removeAttribute("aria-current");
    });
  };
  const go = (index, focus = true) => {
    point(index);
    if (focus) frames[here].focus();
    present(section, frames[here]);
  };
  const set = (which) => {
    inputs[which].value = frames[here].dataset.t;
    const other = which === "start" ? "end" : "start";
    /* a stretch ends after it starts: a crossed end follows */
    if (inputs[other].value !== "" && Number(inputs.start.value) > Number(inputs.end.value)) {
      inputs[other].value = frames[here].dataset.t;
    }
    shade(frames, inputs);
  };

  section.addEventListener("click", (event) => {
    const frame = event.target.closest("button[data-t]");
    if (frame) go(frames.indexOf(frame));
    if (event.target.closest("[data-from]")) set("start");
    if (event.target.closest("[data-to]")) set("end");
  });
  section.addEventListener("keydown", (event) => {
    if (!event.target.matches("button[data-t]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -frames.length, End: frames.length };
    if (!(event.key in steps)) return;
    event.preventDefault();
    go(here + steps[event.key]);
  });
  section.addEventListener("input", () => shade(frames, inputs));
  if (frames.length && section.dataset.at !== undefined) {
    /* the place shows exactly that second, which may lie between two frames of the strip */
    const at = Number(section.dataset.at);
    point(frames.findLastIndex((frame) => Number(frame.dataset.t) <= at));
    tellNow(section, section.dataset.at);
  } else if (frames.length) go(0, false);
  shade(frames, inputs);
}

function tellNow(section, t) {
  const now = section.querySelector("[data-now]");
  if (now) now.textContent = (now.dataset.text ?? "%t").replace("%t", t);
}

/* Which frames lie inside; an open end means until the end. */
function shade(frames, { start, end }) {
  const marked = start.value !== "" || end.value !== "";
  const [from, to] = [Number(start.value || 0), end.value === "" ? Infinity : Number(end.value)];
  for (const frame of frames) {
    const t = Number(frame.dataset.t);
    frame.classList.toggle("inside", marked && t >= from && t <= to);
  }
}

function present(section, frame) {
  tellNow(section, frame.dataset.t);
  const place = document.getElementById(section.dataset.frameInto);
  if (place && frame.dataset.greyUrl) {
    putAway(place); // the next frame is not shown unasked either
    place.dataset.greyUrl = frame.dataset.greyUrl;
    if (frame.dataset.label) place.dataset.label = frame.dataset.label;
    for (const button of document.querySelectorAll(`button[data-into="${CSS.escape(place.id)}"]`)) {
      if (!frame.dataset.frameReveal) continue;
      button.dataset.revealUrl = frame.dataset.frameReveal;
      button.dataset.hideUrl = frame.dataset.frameHide ?? "";
    }
  }
  section.dispatchEvent(new CustomEvent("frame", { bubbles: true, detail: { t: Number(frame.dataset.t) } }));
}
