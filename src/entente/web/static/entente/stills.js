/* How large stills are: small unless the officer chose otherwise; the choice is kept in a cookie. */

const YEAR = 365 * 24 * 3600;

/** ``select[data-stills-choice]``: "" is small, "medium" and "large" hold. */
export function attachStills() {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-stills-choice]")) return;
    const size = event.target.value;
    if (size) document.documentElement.dataset.stills = size;
    else delete document.documentElement.dataset.stills;
    const name = location.protocol === "https:" ? "__Host-stills" : "stills";
    const secure = name === "stills" ? "" : "; secure";
    document.cookie = `${name}=${size}; path=/; samesite=strict; max-age=${size ? YEAR : 0}${secure}`;
  });
}
