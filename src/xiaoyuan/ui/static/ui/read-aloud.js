// Reads a part of the page with the device's own voice; without one it says so and the text stands there to read.
for (const bar of document.querySelectorAll("[data-read-aloud]")) {
  const text = document.getElementById(bar.dataset.readAloud);
  const status = bar.querySelector("[role=status]");
  const pause = bar.querySelector("[data-do=pause]");
  bar.hidden = false;
  if (!("speechSynthesis" in window)) {
    for (const button of bar.querySelectorAll("button")) button.hidden = true;
    status.textContent = status.dataset.none;
    continue;
  }
  const voice = window.speechSynthesis;
  const stop = () => {
    voice.cancel();
    pause.setAttribute("aria-pressed", "false");
  };
  const play = () => {
    stop();
    // Line by line: some devices fall silent in a long text.
    for (const line of text.innerText.split("\n").filter((part) => part.trim())) {
      const said = new SpeechSynthesisUtterance(line);
      said.lang = text.closest("[lang]")?.lang === "en" ? "en" : "zh-CN";
      said.rate = 0.9;
      voice.speak(said);
    }
  };
  const turn = () => {
    const isPaused = pause.getAttribute("aria-pressed") === "true";
    if (isPaused) voice.resume();
    else voice.pause();
    pause.setAttribute("aria-pressed", String(!isPaused));
  };
  const deeds = { play, pause: turn, stop };
  bar.addEventListener("click", (event) => deeds[event.target.closest("button")?.dataset.do]?.());
  window.addEventListener("pagehide", stop);
}
