/* Passkeys: the browser asks the key, the form carries its answer. No secret passes through here.

   form[data-passkey]     "enrol": make a passkey; "use": answer for a known officer; "enter": log in by it
   data-options           id of the JSON with the desk's question; absent for "enter", which asks for it
   [name=credential]      gets the answer
   data-say-refused, -address   what is told when it fails, or when the address is a number */
import { warn } from "./say.js";

/** Listen for every form that needs a passkey. */
export function attachPasskeys() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-passkey]");
    if (!form || form.dataset.answered !== undefined) return;
    event.preventDefault();
    answer(form);
  });
}

async function answer(form) {
  try {
    const asked = await question(form);
    const made = form.dataset.passkey === "enrol"
      ? await navigator.credentials.create({ publicKey: resident(opened(asked)) })
      : await navigator.credentials.get({ publicKey: opened(asked) });
    form.querySelector("[name=credential]").value = JSON.stringify(told(made));
    form.dataset.answered = "";
    form.submit();
  } catch (fault) {
    warn(fault.name === "SecurityError" ? form.dataset.sayAddress : form.dataset.sayRefused, 20);
  }
}

async function question(form) {
  if (form.dataset.options) {
    const held = JSON.parse(document.getElementById(form.dataset.options).textContent);
    return (held.creation_options ?? held.request_options).publicKey;
  }
  const got = await fetch(form.action, { headers: { Accept: "application/json" }, redirect: "error" });
  if (!got.ok) throw new Error(String(got.status));
  return (await got.json()).request_options.publicKey;
}

/* What the desk writes as base64url is bytes for the browser. */
function opened(asked) {
  const each = (list) => list?.map((key) => ({ ...key, id: bytes(key.id) }));
  const open = { ...asked, challenge: bytes(asked.challenge) };
  if (asked.user) open.user = { ...asked.user, id: bytes(asked.user.id) };
  if (asked.excludeCredentials) open.excludeCredentials = each(asked.excludeCredentials);
  if (asked.allowCredentials) open.allowCredentials = each(asked.allowCredentials);
  return open;
}

/* A passkey is found by the key itself, so that one logs in without typing who one is. */
function resident(asked) {
  const how = { ...asked.authenticatorSelection, residentKey: "required", requireResidentKey: true };
  return { ...asked, authenticatorSelection: { ...how, userVerification: "required" } };
}

function told(made) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (made.response[name]) response[name] = text(made.response[name]);
  }
  if (made.response.getTransports) response.transports = made.response.getTransports();
  return {
    id: made.id,
    rawId: text(made.rawId),
    type: made.type,
    authenticatorAttachment: made.authenticatorAttachment,
    clientExtensionResults: made.getClientExtensionResults(),
    response,
  };
}

function bytes(written) {
  const plain = atob(written.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
