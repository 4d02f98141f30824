/* What scripts tell the officer: quietly to a screen reader, or in sight when something was refused. */

/** Read a text out without showing it. An empty text says nothing. */
export function say(text) {
  const place = document.getElementById("say");
  if (!place || !text) return;
  place.textContent = "";
  /* a change in a later task is announced even when the text is the same as before */
  setTimeout(() => { place.textContent = text; }, 30);
}

/** Show a text in the corner and announce it at once; it goes after ``seconds``. */
export function warn(text, seconds = 8, link = null) {
  const place = document.getElementById("warn");
  if (!place || !text) return;
  place.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    anchor.href = link.url;
    anchor.textContent = link.text;
    place.append(" ", anchor);
    return; // what must be followed stays in sight
  }
  setTimeout(() => { if (place.textContent === text) place.textContent = ""; }, seconds * 1000);
}

/** Tell why the desk refused a look: findings that stand first, or the passkey again, with the way there. */
export async function warnOf(answer, otherwise, linkText) {
  const findings = answer?.headers.get("X-Findings");
  if (findings) {
    const [why, text] = (await answer.text()).split("\n");
    return warn(why, 0, { url: findings, text });
  }
  const there = answer?.headers.get("X-Confirm");
  if (there) return warn(await answer.text(), 0, { url: there, text: linkText || there });
  warn(otherwise);
}

/** The token that every POST carries. */
export function token() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/** A function that is true the first time it sees an element, false afterwards. */
export function firstTime() {
  const seen = new WeakSet();
  return (element) => !seen.has(element) && Boolean(seen.add(element));
}

/** All elements under ``root`` (and itself) that match. */
export function all(root, selector) {
  const own = root instanceof Element && root.matches(selector) ? [root] : [];
  return [...own, ...root.querySelectorAll(selector)];
}
