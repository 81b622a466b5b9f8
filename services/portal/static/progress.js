/* Moves the bar of long work by the events that its page names; at the end the page is loaded anew. */
"use strict";
(() => {
  const work = document.querySelector("[data-events]");
  if (!work || !window.EventSource) return;
  const words = work.querySelector("[data-words]");
  const bar = work.querySelector("progress");
  const source = new EventSource(work.dataset.events);
  const show = (event) => {
    const now = JSON.parse(event.data);
    if (words.textContent !== now.words) words.textContent = now.words;
    if (now.total) { bar.max = now.total; bar.value = now.done; } else { bar.removeAttribute("value"); }
  };
  source.addEventListener("progress", show);
  source.addEventListener("ended", () => { source.close(); window.location.reload(); });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) window.location.reload();
  });
})();
