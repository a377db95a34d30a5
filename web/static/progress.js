// A planning run as it happens: asks for its figures every second and puts them into the page.
// The page works without this: a <noscript> refresh does the same, less smoothly.

const EVERY_MS = 1000;
const SPEAK_EVERY_MS = 10_000; // a screen reader is told less often than the eye
const page = document.querySelector("[data-progress]");

if (page) watch(page);

function watch(page) {
  const part = (name) => page.querySelector(`[data-part="${name}"]`);
  let spokenAt = 0;
  let failures = 0;

  async function ask() {
    try {
      const answer = await fetch(page.dataset.progress, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) throw new Error(`status ${answer.status}`);
      failures = 0;
      const now = await answer.json();
      if (!now.goes_on) return location.reload();
      show(now);
    } catch {
      failures += 1;
      part("trouble").hidden = failures < 3;
    }
    setTimeout(ask, EVERY_MS * Math.min(2 ** failures, 16));
  }

  function show(now) {
    part("trouble").hidden = true;
    write("headline", now.headline);
    write("says", now.says);
    write("seconds", String(now.seconds));
    const bar = part("bar");
    if (now.closeness === null) bar.removeAttribute("value");
    else bar.value = now.closeness;
    if (Date.now() - spokenAt < SPEAK_EVERY_MS) return;
    spokenAt = Date.now();
    write("spoken", now.headline);
  }

  function write(name, text) {
    const place = part(name);
    if (place.textContent !== text) place.textContent = text;
  }

  setTimeout(ask, EVERY_MS);
}
