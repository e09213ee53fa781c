// Keys for what links, buttons and fields of the page do: those with a `data-key`. They can be turned off.
import { byId } from "./page.js";

const [dialog, box, opener, closer] = ["keys", "keys-on", "keys-open", "keys-close"].map(byId);
const typing = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select";
const sequence = 1500; // milliseconds between the two keys of one command
let first = { key: "", at: 0 };

/** Storage may be forbidden. */
function stored(value) {
  try {
    if (value) localStorage.setItem("keys", value);
    return localStorage.getItem("keys");
  } catch {
    return value;
  }
}

/** Does what stands for the key in the page, or leaves it to other scripts. */
function press(key) {
  const target = document.querySelector(`[data-key~="${CSS.escape(key)}"]`);
  if (!target) return !document.dispatchEvent(new CustomEvent("keys", { detail: key, cancelable: true }));
  target.closest("details")?.setAttribute("open", "");
  target.scrollIntoView({ block: "nearest" });
  if (target.matches(typing)) target.focus();
  else target.click();
  return true;
}

box.checked = stored() !== "off";
box.addEventListener("change", () => stored(box.checked ? "on" : "off"));
opener.hidden = false;
opener.addEventListener("click", () => dialog.showModal());
closer.addEventListener("click", () => dialog.close());

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!box.checked || dialog.open || event.target.matches(typing)) return;
  const begun = event.timeStamp - first.at < sequence ? first.key : "";
  first = { key: event.key === "g" && !begun ? "g" : "", at: event.timeStamp };
  if (press(begun + event.key)) event.preventDefault();
});
