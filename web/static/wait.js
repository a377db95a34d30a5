// A page that waits for something (it carries `data-waiting`): looks every two seconds whether the wait
// is over, and only then loads it anew, so that nobody is thrown out of what they read.

const EVERY_MS = 2000;

if (document.querySelector("[data-waiting]")) setTimeout(look, EVERY_MS);

async function look() {
  try {
    const answer = await fetch(location.href);
    if (answer.ok && !(await answer.text()).includes("data-waiting")) return location.reload();
  } catch {
    // the network is away; the next look may find it back
  }
  setTimeout(look, EVERY_MS);
}
