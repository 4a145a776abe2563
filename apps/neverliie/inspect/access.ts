/**
 * Who may see the page: the browser that opened the printed link first, and nobody else. See
 * docs/decisions/0036-the-page-in-the-browser.md for what each rule keeps out.
 *
 * @module
 */

import { createHash, timingSafeEqual } from "node:crypto";
import { platform } from "../../../lib/ipc/tools.ts";

/** Why a request is refused, as its answer says it. */
export interface Refusal {
  status: 400 | 403 | 404 | 405 | 415 | 421;
  why: string;
}

/** The link, and the session that its first use begins. */
export class Access {
  /** What the address bar shows, and the only one that the page works on. */
  readonly origin: string;
  /**
   * Below it is everything. A browser sends a cookie to every port of a host, so another program's
   * page on this machine would be sent the session's; it is bound to a folder that others do not
   * know.
   */
  readonly folder: string = `/${secret(8)}/`;
  readonly #token = secret(16);
  readonly #session = secret(16);
  readonly #host: string;
  #used = false;

  constructor(port: number) {
    this.#host = `127.0.0.1:${port}`;
    this.origin = `http://${this.#host}`;
  }

  /** The link that is printed: good for one use. */
  get link(): string {
    return `${this.origin}/?token=${this.#token}`;
  }

  /** What begins the session, for the answer to {@link opens}. */
  get cookie(): string {
    return `session=${this.#session}; Path=${this.folder}; HttpOnly; SameSite=Strict`;
  }

  /** Whether anybody has used the link. */
  get used(): boolean {
    return this.#used;
  }

  /** Why the request is refused, whatever it asks for; `null` where nothing speaks against it. */
  refuses(request: Request): Refusal | null {
    if (request.headers.get("host") !== this.#host) {
      return { status: 421, why: `This page is at ${this.origin} and under no other name.` };
    }
    if (request.method !== "GET" && request.method !== "POST") {
      return { status: 405, why: "GET and POST alone are answered." };
    }
    // A browser tells where a request comes from: from this page, or of the user's own making.
    const site = request.headers.get("sec-fetch-site");
    const origin = request.headers.get("origin");
    const own = request.method === "POST"
      ? origin === this.origin && (site === null || site === "same-origin")
      : (origin === null || origin === this.origin) &&
        (site === null || site === "same-origin" || site === "none");
    if (!own) {
      return {
        status: 403,
        why: "Another page asked for this. Paste the link into the address bar.",
      };
    }
    return null;
  }

  /** Whether the request is the link's. */
  isLink(request: Request): boolean {
    const { pathname, searchParams } = new URL(request.url);
    return request.method === "GET" && pathname === "/" && searchParams.has("token");
  }

  /**
   * Uses the link up; why not, where it is another one, has been used, or is tried by another user.
   *
   * @param user whose process asks, by number; `null` where the system does not tell
   */
  use(request: Request, user: number | null): Refusal | null {
    // The link stands on the browser's command line, which other users may be able to read. (What
    // the system itself forwards from elsewhere comes as root, who needs no link.)
    if (user !== null && user !== 0 && String(user) !== platform().userId()) {
      return { status: 403, why: "This page belongs to another user." };
    }
    if (!same(new URL(request.url).searchParams.get("token") ?? "", this.#token)) {
      return { status: 403, why: "This link is not the one that was printed." };
    }
    if (this.#used) {
      return {
        status: 403,
        why: "This link has been used, and works once. " +
          "If that was not you, end neverliie inspect (Ctrl-C). A new start prints a new link.",
      };
    }
    this.#used = true;
    return null;
  }

  /** Why the request is not of the session; `null` where it is. */
  refusesSession(request: Request): Refusal | null {
    const cookies = (request.headers.get("cookie") ?? "").split("; ");
    const sessions = cookies.filter((cookie) => cookie.startsWith("session="));
    const known = new URL(request.url).pathname.startsWith(this.folder) &&
      sessions.some((cookie) => same(cookie.slice("session=".length), this.#session));
    if (known) return null;
    return {
      status: 403,
      why: "This is for the browser that opened the printed link. " +
        "A new start of neverliie inspect prints a new one.",
    };
  }
}

/** Hex digits that nobody can guess. */
function secret(bytes: number): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toHex();
}

/** Takes as long wherever the first difference is. */
function same(given: string, expected: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
