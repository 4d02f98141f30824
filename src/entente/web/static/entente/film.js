/* A video frame by frame at its real times, and the second from which its sound is heard.

   form[data-moments]     inside a [data-bench]: its two buttons (name by) step; times are asked for by POST
                          data-say (%n %m %t), data-say-refused; output[data-frame-now]
   [data-sound]           input[data-sound-start] is the second that the button reveals (hears) from;
                          [data-hear-from] and a press on [data-wave-seconds] set it
   A step sends the event "frame" {t} and moves the item's own frame along. */
import { putAway } from "./ask.js";
import { addressed, second } from "./bench.js";
import { all, firstTime, say, token, warn, warnOf } from "./say.js";

const fresh = firstTime();

/** Prepare every stepper and every sound under ``root``. */
export function attachFilms(root) {
  all(root, "form[data-moments]").filter(fresh).forEach(stepper);
  all(root, "[data-sound]").filter(fresh).forEach(sound);
}

function stepper(form) {
  const bench = form.closest("[data-bench]");
  let known = null; // {first, here, total, times}
  let busy = false;

  const ask = async (t) => {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "X-CSRFToken": token() },
      body: new URLSearchParams({ t }),
      credentials: "same-origin",
      redirect: "error",
    });
    if (!answer.ok) {
      warnOf(answer, form.dataset.sayRefused);
      return null;
    }
    return answer.json();
  };
  const step = async (by) => {
    if (busy) return;
    busy = true;
    try {
      const t = Number(bench.dataset.t);
      let here = known ? place(known.times, t) : -1;
      const beside = known && known.times[here + by] !== undefined;
      const atEnd = known && known.first + here + by >= 0 && known.first + here + by < known.total && !beside;
      if (!known || atEnd || here < 0) {
        known = await ask(t);
        if (!known) return;
        here = known.here;
      }
      here = Math.min(Math.max(here + by, 0), known.times.length - 1);
      go(known.times[here], known.first + here);
    } catch {
      warn(form.dataset.sayRefused);
    } finally {
      busy = false;
    }
  };
  const go = (t, n) => {
    const there = String(Math.round(t * 1000) / 1000);
    second(bench, there);
    const text = form.dataset.say.replace("%n", String(n + 1)).replace("%m", String(known.total)).replace("%t", there);
    form.querySelector("[data-frame-now]").textContent = text;
    say(text);
    if (!bench.dataset.bench) main(there);
    bench.dispatchEvent(new CustomEvent("frame", { bubbles: true, detail: { t: Number(there) } }));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    step(Number(event.submitter?.value ?? 1));
  });
  bench.querySelector(".veil").addEventListener("keydown", (event) => {
    const by = { ",": -1, ".": 1 }[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(by);
  });
  document.addEventListener("frame", (event) => {
    if (event.target !== bench && !bench.dataset.bench) form.querySelector("[data-frame-now]").textContent = "";
  });
}

/* The frame shown at a second: the last that begins up to half a thousandth after it; -1 where none is known. */
function place(times, t) {
  let here = -1;
  times.forEach((each, n) => { if (each <= t + 0.0005) here = n; });
  return here === times.length - 1 && times.length && t > times[here] + 1 ? -1 : here;
}

/* The item's own frame, on which boxes are drawn, stands at the same second. */
function main(t) {
  const veil = document.querySelector("[data-frame] .veil[data-grey-url]");
  if (!veil) return;
  putAway(veil);
  veil.dataset.greyUrl = addressed(veil.dataset.greyUrl, { t });
  for (const button of document.querySelectorAll(`button[data-into="${CSS.escape(veil.id)}"]`)) {
    button.dataset.revealUrl = addressed(button.dataset.revealUrl, { t });
  }
}

function sound(section) {
  const start = section.querySelector("[data-sound-start]");
  const button = section.querySelector("[data-reveal-url]");
  const from = (t) => {
    if (t !== undefined) start.value = String(Math.round(t * 100) / 100);
    if (button) button.dataset.revealUrl = addressed(button.dataset.revealUrl, { start: start.value || "0" });
  };
  start.addEventListener("input", () => from());
  document.addEventListener("frame", (event) => {
    if (!event.target.dataset?.bench) from(event.detail.t);
  });
  section.addEventListener("click", (event) => {
    const listed = event.target.closest("[data-hear-from]");
    const wave = event.target.closest("[data-wave-seconds]");
    if (listed) {
      event.preventDefault();
      from(Number(listed.dataset.hearFrom));
      (button ?? start).focus();
    } else if (wave) {
      const area = wave.getBoundingClientRect();
      from((event.clientX - area.left) / area.width * Number(wave.dataset.waveSeconds));
    }
  });
  from();
}
