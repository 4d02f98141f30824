/* Press and hold: the clear picture is there only while the officer holds, and only after the log knows.
   What is heard is held in the same way: an answer of sound plays until it is let go, without picture.

   button[data-reveal-url]   POST here first; the answer is the picture, header X-Reveal names the act
   data-hide-url             POST here at the end: reveal, purpose, milliseconds held
   data-into                 id of the place where it shows (its data-label is the picture's text)
   data-purpose              sent with both
   data-seconds              longest showing, 10 when absent
   data-hold="no"            for those who cannot hold: press to show, press again to hide
   data-say-shown, -hidden, -refused, -confirm   what is told; the last leads to the passkey */
import { say, token, warn, warnOf } from "./say.js";

let showing = null; // at most one picture is in clear on the whole page

/** Listen for every revealing button, now and later. */
export function attachReveal() {
  const button = (event) => event.target.closest?.("button[data-reveal-url]");
  document.addEventListener("pointerdown", (event) => {
    if (!button(event) || event.button !== 0) return;
    /* capture, so that a release outside the button is heard too */
    button(event).setPointerCapture?.(event.pointerId);
    press(button(event));
  });
  document.addEventListener("keydown", (event) => {
    if (!button(event) || ![" ", "Enter"].includes(event.key)) return;
    event.preventDefault();
    if (!event.repeat) press(button(event));
  });
  for (const name of ["pointerup", "pointercancel", "keyup"]) {
    document.addEventListener(name, (event) => {
      const lift = name !== "keyup" || [" ", "Enter"].includes(event.key);
      if (lift && showing?.button.dataset.hold !== "no") end();
    });
  }
  for (const name of ["contextmenu", "dragstart"]) {
    document.addEventListener(name, (event) => {
      if (button(event) || event.target.closest?.("img.clear")) event.preventDefault();
    });
  }
  document.addEventListener("focusout", (event) => { if (showing && event.target === showing.button) end(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) end(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
  window.addEventListener("blur", end);
  window.addEventListener("pagehide", end);
}

function press(button) {
  if (showing?.button === button && button.dataset.hold === "no") return end();
  end();
  button.focus();
  begin(button);
}

async function begin(button) {
  const act = { button, started: 0, url: "", image: null, timer: 0, reveal: "" };
  showing = act;
  button.dataset.held = "";
  try {
    const answer = await post(button.dataset.revealUrl, { purpose: button.dataset.purpose ?? "" });
    if (!answer.ok) {
      if (showing === act) end();
      return warnOf(answer, button.dataset.sayRefused, button.dataset.sayConfirm);
    }
    act.reveal = answer.headers.get("X-Reveal") ?? "";
    const picture = await answer.blob();
    if (showing === act) show(act, picture);
    else tellHidden(act); // let go before it came: nothing was shown, and that is said
  } catch {
    if (showing === act) {
      end();
      warn(button.dataset.sayRefused);
    }
  }
}

function show(act, picture) {
  const place = document.getElementById(act.button.dataset.into);
  act.url = URL.createObjectURL(picture);
  act.image = picture.type.startsWith("audio/") ? heard(act) : seen(act, place);
  act.started = performance.now();
  act.timer = setTimeout(end, Number(act.button.dataset.seconds ?? 10) * 1000);
  place.append(act.image);
  say(act.button.dataset.sayShown);
}

function seen(act, place) {
  const image = new Image();
  image.className = "clear";
  image.alt = place.dataset.label ?? "";
  image.draggable = false;
  image.src = act.url;
  return image;
}

function heard(act) {
  const sound = document.createElement("audio");
  sound.src = act.url;
  sound.addEventListener("ended", () => { if (showing === act) end(); });
  sound.play().catch(() => { if (showing === act) { end(); warn(act.button.dataset.sayRefused); } });
  return sound;
}

/** Take the clear picture away, such as when its tile goes. */
export function endReveal() { end(); }

function end() {
  const act = showing;
  if (!act) return;
  showing = null;
  clearTimeout(act.timer);
  delete act.button.dataset.held;
  if (!act.image) return;
  act.image.pause?.();
  act.image.remove();
  URL.revokeObjectURL(act.url);
  say(act.button.dataset.sayHidden);
  tellHidden(act);
}

function tellHidden(act) {
  if (!act.button.dataset.hideUrl) return;
  const milliseconds = act.started ? Math.round(performance.now() - act.started) : 0;
  const purpose = act.button.dataset.purpose ?? "";
  /* keepalive: the page may be on its way out */
  post(act.button.dataset.hideUrl, { reveal: act.reveal, purpose, milliseconds }, true).catch(() => {});
}

function post(url, fields, keepalive = false) {
  return fetch(url, {
    method: "POST",
    headers: { "X-CSRFToken": token() },
    body: new URLSearchParams(fields),
    credentials: "same-origin",
    cache: "no-store",
    redirect: "error",
    keepalive,
  });
}
