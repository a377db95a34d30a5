// The rounds of a co-working session: all of them stand in the page; shows the one that is on, and says so
// in the title and to a screen reader when the next one begins. No network is needed for it.

const EVERY_MS = 1000;
const page = document.querySelector("[data-now]");

if (page) keepTime(page);

function keepTime(page) {
  const ahead = Date.parse(page.dataset.now) - Date.now(); // this device's clock may be wrong
  const panels = [...page.querySelectorAll("[data-from]")];
  const spoken = document.querySelector('[data-part="spoken"]');

  function look() {
    const now = Date.now() + ahead;
    const on = panels.find((one) => Date.parse(one.dataset.from) <= now && now < Date.parse(one.dataset.until));
    if (!on || !on.hidden) return;
    for (const panel of panels) panel.hidden = panel !== on;
    document.title = on.dataset.title;
    spoken.textContent = on.dataset.spoken;
  }

  setInterval(look, EVERY_MS);
  document.addEventListener("visibilitychange", look); // a phone that slept catches up at once
}
