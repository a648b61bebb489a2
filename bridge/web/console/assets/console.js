// What makes the console quicker; without it everything can still be read and done.
"use strict";

// "/" goes to the search, as in many places.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select");
  const search = document.getElementById("q");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
  }
});

// One box for all of a list.
const all = document.querySelector("[data-all]");
if (all) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of all.form.querySelectorAll("input[name=id]")) box.checked = all.checked;
  });
}

// A page about something that moves is fetched again, as long as nobody is using it.
const again = async () => {
  const main = document.querySelector("main[data-refresh]");
  if (!main) return;
  const busy = main.contains(document.activeElement) && document.activeElement !== main;
  if (!busy && !document.hidden && !main.querySelector("details[open]")) {
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("main");
      if (answer.ok && fresh) main.replaceWith(document.adoptNode(fresh));
    } catch {
      // The next time will do.
    }
  }
  const seconds = document.querySelector("main[data-refresh]")?.dataset.refresh;
  if (seconds) setTimeout(again, seconds * 1000);
};
setTimeout(again, 1000);
