/** Whether a page can be read. */
import type { BrowserPage } from "./browser.ts";

/** The contrast of each colour of texts against the cards, by WCAG 2. */
export async function contrasts(page: BrowserPage["page"]): Promise<Record<string, number>> {
  return await page.evaluate<Record<string, number>>(`(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const probe = document.body.appendChild(document.createElement("i"));
    const light = (name) => {
      probe.style.color = "var(--" + name + ")";
      canvas.fillStyle = getComputedStyle(probe).color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3)
        .map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = light("card");
    const found = {};
    for (const name of ["text", "quiet", "accent", "slow", "good", "bad"]) {
      const own = light(name);
      found[name] = (Math.max(own, ground) + 0.05) / (Math.min(own, ground) + 0.05);
    }
    probe.remove();
    return found;
  })()`);
}
