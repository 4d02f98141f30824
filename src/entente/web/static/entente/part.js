/* A part of a page, brought from the desk and read by the browser into a document of its own, where nothing runs.

   No script of ours makes markup from text: what the desk drew is adopted as nodes. */

/** Return {document, url} of a part; raise the request where the desk refuses, or when ``signal`` aborts it. */
export function part(url, { method = "GET", body = null, headers = {}, signal = null } = {}) {
  return new Promise((done, failed) => {
    const asked = new XMLHttpRequest();
    asked.open(method, url);
    asked.responseType = "document";
    for (const [name, value] of Object.entries(headers)) asked.setRequestHeader(name, value);
    asked.onload = () => {
      if (asked.status === 200 && asked.response) done({ document: asked.response, url: asked.responseURL });
      else failed(asked);
    };
    asked.onerror = asked.onabort = () => failed(asked);
    signal?.addEventListener("abort", () => asked.abort(), { once: true });
    asked.send(body);
  });
}
