/**
 * A real browser for tests: headless Chromium, driven by playwright-core.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { patient } from "../run/watchdog.ts";

/** The names that Chromium goes by, on PATH. */
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Flags under which it runs as root, shows nothing of its own, and calls nobody. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Milliseconds that anything on a page may take. */
const LIMIT = 20_000;

/** The path of Chromium, or `null` where there is none. */
export function chromiumPath(): string | null {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      try {
        const path = `${folder}/${name}`;
        if (Deno.statSync(path).isFile) return path;
      } catch {
        // Not there.
      }
    }
  }
  return null;
}

/** A page in a browser of its own, with a profile that goes with it. */
export class BrowserPage implements AsyncDisposable {
  readonly page: Page;
  /** What the page or the browser complained of. */
  readonly complaints: string[] = [];
  /** Where its requests went. */
  readonly requested: string[] = [];
  readonly #close: () => Promise<void>;

  private constructor(page: Page, close: () => Promise<void>) {
    this.page = page;
    this.#close = close;
    page.setDefaultTimeout(patient(LIMIT));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("request", (request) => this.requested.push(request.url()));
  }

  /** Starts Chromium with an empty page, 1280 x 800 unless told. */
  static async open(options: BrowserContextOptions = {}): Promise<BrowserPage> {
    const executablePath = chromiumPath();
    if (executablePath === null) throw new Error("Chromium is not installed");
    const browser = await chromium.launch({ executablePath, args: FLAGS });
    try {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      return new BrowserPage(await context.newPage(), () => browser.close());
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  /** Nothing was complained of: no error of a script, no breach of the page's own policy. */
  assertQuiet(): void {
    assertEquals(this.complaints, []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
