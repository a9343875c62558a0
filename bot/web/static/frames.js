// When a page is shown inside of another one (the start page), links that leave its part of the site go where they
// belong: into the frame of that part, or, for other sites, into a tab of their own. Without this script they open in
// place. Alone, a page does nothing of this.
"use strict";

(() => {
  if (window === window.top) return;
  document.documentElement.classList.add("framed");
  const part = (path) => path.split("/")[1] ?? "";
  const local = (host) => ["127.0.0.1", "localhost", "[::1]"].includes(host);

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.target || event.defaultPrevented) return;
    // Posts hold one of this computer's names for itself; the reader may have come by another.
    if (link.port === location.port && local(link.hostname) && local(location.hostname)) link.host = location.host;
    if (link.origin !== location.origin) {
      link.target = "_blank";
      link.relList.add("noopener");
      return;
    }
    const to = part(link.pathname);
    if (to === part(location.pathname)) return;
    let beside = null;
    try {
      beside = window.top.frames[to];
    } catch (error) {
      // The page around is not ours; it sees to its own frames.
    }
    link.target = beside && typeof beside === "object" ? to : "_top";
    link.relList.remove("noopener", "noreferrer");
  });
})();
