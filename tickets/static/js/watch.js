// A video is taken up where it was left, and where it stands is told while it plays.

const EVERY = 10;
const frame = document.querySelector("[data-watch]");
const video = frame?.querySelector("video");

if (video) {
  const token = frame.querySelector("[name=csrfmiddlewaretoken]").value;
  let told = -EVERY;

  const tell = () => {
    told = video.currentTime;
    const said = new URLSearchParams({ second: String(Math.floor(told)), csrfmiddlewaretoken: token });
    fetch(frame.dataset.watch, { method: "POST", body: said, credentials: "same-origin", keepalive: true }).catch(() => {});
  };

  video.addEventListener("loadedmetadata", () => {
    const left = Number(frame.dataset.left);
    if (left > 0 && left < video.duration - 3) video.currentTime = left;
  });
  video.addEventListener("timeupdate", () => {
    if (!video.paused && Math.abs(video.currentTime - told) >= EVERY) tell();
  });
  for (const moment of ["pause", "ended"]) video.addEventListener(moment, tell);
  frame.addEventListener("click", (event) => {
    const chapter = event.target.closest("[data-second]");
    if (!chapter) return;
    video.currentTime = Number(chapter.dataset.second);
    video.play();
  });
}
