/* Nothing is shown unasked: a button brings the small grey still, and puts it away again.

   button[data-ask="ID"]  shows every [data-grey-url] in the element ID (itself included);
   aria-pressed says whether it is shown; data-when-hidden and data-when-shown are its two labels;
   data-say-shown, data-say-refused and data-say-confirm (it leads to the passkey) are what is told. */
import { all, say, token, warn, warnOf } from "./say.js";

/** Listen for every asking button, now and later. */
export function attachAsk() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ask]");
    if (!button) return;
    const place = document.getElementById(button.dataset.ask);
    if (place) press(button, place);
  });
}

function press(button, place) {
  const show = button.getAttribute("aria-pressed") !== "true";
  for (const holder of all(place, "[data-grey-url]")) {
    holder.querySelector("img.grey")?.remove();
    if (show) bring(holder, button);
  }
  label(button, show);
  if (show) say(button.dataset.sayShown);
}

/* By POST, like every look: a link, a prefetch or a back button opens nothing, and the log knows first. */
async function bring(holder, button) {
  const url = holder.dataset.greyUrl;
  const wanted = () => button.getAttribute("aria-pressed") === "true" && holder.dataset.greyUrl === url;
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token() },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
    });
    if (!answer.ok) {
      if (wanted()) label(button, false);
      return warnOf(answer, button.dataset.sayRefused, button.dataset.sayConfirm);
    }
    const picture = await answer.blob();
    if (wanted()) show(holder, picture);
  } catch {
    if (!wanted()) return;
    label(button, false);
    warn(button.dataset.sayRefused);
  }
}

function show(holder, picture) {
  holder.querySelector("img.grey")?.remove();
  const still = new Image();
  const url = URL.createObjectURL(picture);
  still.className = "grey";
  still.alt = holder.dataset.label ?? "";
  still.draggable = false;
  still.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
  still.src = url;
  holder.prepend(still);
}

function label(button, shown) {
  button.setAttribute("aria-pressed", String(shown));
  const text = shown ? button.dataset.whenShown : button.dataset.whenHidden;
  if (text) (button.querySelector("span") ?? button).textContent = text;
}

/** Put a still away because its place now stands for another frame. */
export function putAway(place) {
  place.querySelector("img.grey")?.remove();
  for (const button of document.querySelectorAll(`button[data-ask="${CSS.escape(place.id)}"]`)) label(button, false);
}
