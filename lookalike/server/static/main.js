// Where the page begins.

import * as api from "./api.js";
import { complaint, fill } from "./dom.js";
import { loginByAddress } from "./login.js";
import { listen } from "./picking.js";
import { go, show, start } from "./router.js";
import { VIEWS } from "./views.js";
import { take } from "./upload.js";

const sending = document.getElementById("sending");
const logoutButton = document.getElementById("logout");

async function offerLogout() {
  try {
    logoutButton.hidden = !(await api.status()).needs_token;
  } catch {
    logoutButton.hidden = true; // not logged in, or no server
  }
}

logoutButton.addEventListener("click", async () => {
  await api.logout();
  logoutButton.hidden = true;
  go("/");
});
// The address that lookalike serve printed may be opened where the page is open already.
addEventListener("hashchange", async () => {
  if (!(await loginByAddress())) return;
  await show();
  await offerLogout();
});
addEventListener("lookalike:login", offerLogout);
listen(take, (reason) => fill(sending, complaint(reason)));
// What sticks below the header has to know how high that is: on a phone it has two lines.
const header = document.querySelector("header");
new ResizeObserver(() => {
  document.documentElement.style.setProperty("--head", `${header.offsetHeight}px`);
}).observe(header);
start();
await loginByAddress();
await show();
await offerLogout();
// What other views need is there when they are asked for, also if the server is gone then.
for (const view of VIEWS) view.load().catch(() => null);
