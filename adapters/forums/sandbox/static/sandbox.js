// Makes the sandbox's pages live: when the server says "changed", the part marked data-live is fetched again and put in
// place of the old one. Forms stand outside of that part, so nothing half typed is lost.
"use strict";

(() => {
  const part = () => document.querySelector("#live[data-live]");

  let fetching = false;
  let again = false;

  async function refresh() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = true;
    do {
      again = false;
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.ok) swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch (error) {
        // The server is away for a moment; the stream comes back and tells us again.
      }
    } while (again);
    fetching = false;
  }

  function swap(page) {
    const old = part();
    const fresh = page.querySelector("#live[data-live]");
    if (!old || !fresh) return;
    const known = new Set([...old.querySelectorAll("[id]")].map((element) => element.id));
    const marked = new Set([...old.querySelectorAll(".post.new")].map((element) => element.id));
    for (const fold of old.querySelectorAll("details[id]")) {
      const same = fresh.querySelector("#" + CSS.escape(fold.id));
      if (same) same.open = fold.open;
    }
    for (const post of fresh.querySelectorAll(".post[id]")) {
      if (known.has(post.id) && !marked.has(post.id)) continue;
      post.classList.add("new");
      const word = document.createElement("span");
      word.className = "new-word";
      word.textContent = "new";
      post.querySelector(".post-head")?.append(" ", word);
    }
    const focused = old.contains(document.activeElement) ? document.activeElement.closest("[id]") : null;
    old.replaceWith(document.adoptNode(fresh));
    if (focused) document.getElementById(focused.id)?.focus({ preventScroll: true });
    const bar = document.querySelector(".sandbox-bar");
    const freshBar = page.querySelector(".sandbox-bar");
    if (bar && freshBar) bar.replaceWith(document.adoptNode(freshBar));
  }

  // Choosing what to answer changes the form in place, so that what stands in it stays.
  function answer(link) {
    const form = document.getElementById("reply");
    if (!form) return false;
    const title = form.elements.title;
    if (title.value === (title.dataset.offered ?? title.defaultValue)) {
      title.value = title.dataset.offered = link.dataset.title;
    }
    form.elements.parent.value = link.dataset.reply;
    document.getElementById("answered").textContent = link.dataset.whom;
    document.getElementById("unanswer").hidden = !link.dataset.reply;
    form.scrollIntoView({ block: "start" });
    (form.elements.author.value ? form.elements.text : form.elements.author).focus({ preventScroll: true });
    return true;
  }

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-reply]");
    const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
    if (link && plain && answer(link)) event.preventDefault();
  });

  // j and k: the next and the previous post, only new ones where there are any. r: reply. o: outline.
  const keys = {
    j: () => step(1),
    k: () => step(-1),
    r: () => (document.activeElement.closest(".post") ?? document).querySelector("a[data-reply]")?.click(),
    o: () => {
      const fold = document.getElementById("outline");
      if (!fold) return;
      fold.open = true;
      fold.scrollIntoView({ block: "start" });
      fold.querySelector("a")?.focus({ preventScroll: true });
    },
  };

  function step(way) {
    const posts = [...document.querySelectorAll(".post")];
    const anyNew = posts.some((post) => post.classList.contains("new"));
    const here = posts.indexOf(document.activeElement.closest(".post"));
    const there = way > 0 ? posts.slice(here + 1) : posts.slice(0, Math.max(here, 0)).reverse();
    const next = there.find((post) => !anyNew || post.classList.contains("new"));
    if (!next) return;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  }

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key];
    if (!act || !document.querySelector(".post")) return;
    event.preventDefault();
    act();
  });

  let stream = null;

  function listen() {
    const start = part();
    if (!start || !window.EventSource) return;
    stream = new EventSource(start.dataset.live + "?since=" + encodeURIComponent(start.dataset.token));
    stream.addEventListener("changed", (event) => {
      if (part()?.dataset.token !== event.data) refresh();
    });
  }

  listen();
  // A page that comes back from the browser's cache listens again.
  window.addEventListener("pagehide", () => stream?.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
})();
