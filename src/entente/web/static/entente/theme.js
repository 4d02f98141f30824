/* Light or dark: the choice is kept in a cookie, so that the server draws the next page right at once. */

const YEAR = 365 * 24 * 3600;

/** ``select[data-theme-choice]``: "" follows the system, "light" and "dark" hold. */
export function attachTheme() {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-theme-choice]")) return;
    const theme = event.target.value;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    const name = location.protocol === "https:" ? "__Host-theme" : "theme";
    const secure = name === "theme" ? "" : "; secure";
    document.cookie = `${name}=${theme}; path=/; samesite=strict; max-age=${theme ? YEAR : 0}${secure}`;
  });
}
