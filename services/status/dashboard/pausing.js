// The question before anything is paused: why?
import { dialog, field, h } from "./dom.js";
import { t } from "./words.js";

/** pause(reason) tells whether it was done; while it was not, the question stays. */
export async function askPause({ title, text, button }, pause) {
	const why = h("input", { type: "text", required: true, maxlength: "200" });
	await dialog(title, () => [h("p", null, text), field(t("pause_reason"), why)], [
		[t("cancel"), "", null],
		[button, "danger", () => {
			why.value = why.value.trim();
			return why.reportValidity() && pause(why.value);
		}]]);
}
