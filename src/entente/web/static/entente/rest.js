/* A page does not outlive its log-in: after the rest that ends one, it is emptied and asked for anew, and the desk
   answers with the log-in. The windows of one browser rest together, as they share the log-in.

   body[data-rest="SECONDS"]; without it nobody is logged in and nothing happens. */

const BY_ITSELF = /\/(jobs|live)\//; // a page asks these without anybody: no act, for the desk neither

/** Begin to count, anew with each act. */
export function attachRest() {
  const rest = 1000 * Number(document.body.dataset.rest ?? 0);
  if (!rest) return;
  let timer = 0;
  let last = 0;
  const count = () => {
    last = Date.now();
    clearTimeout(timer);
    timer = setTimeout(end, rest);
  };
  const others = new BroadcastChannel("rest");
  const act = () => {
    count();
    others.postMessage("");
  };
  others.onmessage = count;
  new PerformanceObserver((seen) => {
    const asked = seen.getEntries().filter((e) => ["fetch", "xmlhttprequest"].includes(e.initiatorType));
    if (asked.some((e) => !BY_ITSELF.test(e.name))) act();
  }).observe({ type: "resource" });
  // a machine that slept, or a page that came back from the browser's memory, counts at once
  const look = () => {
    if (Date.now() - last >= rest) end();
  };
  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", look);
  act();
}

function end() {
  document.body.replaceChildren(); // also where the desk does not answer
  location.replace(location.pathname + location.search);
}
