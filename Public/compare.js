// Two pictures, one over the other.
import { byId } from "./page.js";

const slider = byId("slider");
const pair = slider.closest(".compare");
const show = () => pair.style.setProperty("--at", `${slider.value}%`);

slider.addEventListener("input", show);
byId("slide").addEventListener("change", ({ target }) => {
  pair.classList.toggle("is-slid", target.checked);
  slider.hidden = !target.checked;
});
show();
