/**
 * Where an installation goes, and what it leaves on each system's desktop. Everything is in places
 * that belong to this user alone: nothing needs more rights than the user has.
 *
 * @module
 */
import { isAbsolute, join } from "@std/path";
import { defaultHome } from "../../../lib/ipc/mod.ts";
import type { Trace } from "../../../lib/desktop/trace.ts";
import type { RegistryValue } from "../../../lib/desktop/windows/registry.ts";
import type { Manifest } from "../../manifest.ts";

/** What of a desktop an installation joins. */
export interface DesktopChoice {
  /** The command on PATH. */
  path: boolean;
  /** An entry in the menu of programs. */
  menu: boolean;
  /** The status bar runs from logon on. */
  logon: boolean;
}

/** The folder of the user that `variable` names, else one below the user's own. */
function userFolder(variable: string, ...fallback: string[]): string {
  const chosen = Deno.env.get(variable);
  if (chosen && isAbsolute(chosen)) return chosen;
  const home = Deno.env.get(Deno.build.os === "windows" ? "USERPROFILE" : "HOME");
  if (!home) throw new Deno.errors.NotFound(`Cannot find the user's folder: set ${variable}`);
  return join(home, ...fallback);
}

function unknownSystem(system: string): Error {
  return new Deno.errors.NotSupported(
    `Cannot install on "${system}": the places of windows, linux and darwin are known`,
  );
}

/** Where programs are installed unless told. @throws {Deno.errors.NotSupported} on an unknown system. */
export function defaultRoot(system: string = Deno.build.os): string {
  switch (system) {
    case "windows":
      return join(userFolder("LOCALAPPDATA", "AppData", "Local"), "Programs", "NeverLiie");
    case "darwin":
      return join(userFolder("HOME"), "Library", "Application Support", "NeverLiie");
    case "linux":
      return join(userFolder("XDG_DATA_HOME", ".local", "share"), "neverliie");
    default:
      throw unknownSystem(system);
  }
}

/** What an installation in `root` leaves elsewhere on this system. */
export function desktopTraces(
  root: string,
  installed: readonly { name: string; file: string }[],
  manifest: Manifest,
  choice: DesktopChoice,
): Trace[] {
  const fileOf = (name: string) => installed.find((program) => program.name === name)?.file;
  const path = (name: string) => {
    const file = fileOf(name);
    return file === undefined ? null : join(root, file);
  };
  const programs = {
    command: path("neverliie"),
    launcher: path("launcher"),
    bar: path("statusbar"),
  };
  switch (Deno.build.os) {
    case "windows":
      return windowsTraces(root, programs, manifest, choice);
    case "darwin":
      return macosTraces(root, programs, choice);
    case "linux":
      return linuxTraces(root, programs, choice);
    default:
      throw unknownSystem(Deno.build.os);
  }
}

interface Programs {
  command: string | null;
  launcher: string | null;
  bar: string | null;
}

function windowsTraces(
  root: string,
  { command, launcher, bar }: Programs,
  manifest: Manifest,
  choice: DesktopChoice,
): Trace[] {
  const menu = join(
    userFolder("APPDATA", "AppData", "Roaming"),
    ...["Microsoft", "Windows", "Start Menu", "Programs"],
  );
  const traces: Trace[] = [];
  if (choice.path && command) traces.push({ kind: "search path", folder: root });
  if (choice.menu && launcher) {
    traces.push({
      kind: "shortcut",
      path: join(menu, "NeverLiie.lnk"),
      shortcut: {
        target: launcher,
        arguments: "",
        folder: root,
        description: "NeverLiie: the mesh of this desk",
        minimized: false,
      },
    });
  }
  if (choice.logon && bar && command) {
    // The status bar itself would keep a console window; woken, it has none.
    traces.push({
      kind: "shortcut",
      path: join(menu, "Startup", "NeverLiie.lnk"),
      shortcut: {
        target: command,
        arguments: "wake statusbar",
        folder: root,
        description: "Wakes the NeverLiie status bar",
        minimized: true,
      },
    });
  }
  if (command) {
    const text = (value: string): RegistryValue => ({ type: "string", value });
    const kilobytes = manifest.programs.reduce((sum, { size }) => sum + size, 0) >> 10;
    traces.push({
      kind: "registry key",
      key: "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\NeverLiie",
      values: {
        DisplayName: text("NeverLiie"),
        DisplayVersion: text(manifest.version),
        DisplayIcon: text(command),
        InstallLocation: text(root),
        UninstallString: text(`"${command}" uninstall`),
        EstimatedSize: { type: "number", value: kilobytes },
        NoModify: { type: "number", value: 1 },
        NoRepair: { type: "number", value: 1 },
      },
    });
  }
  return traces;
}

function linuxTraces(
  root: string,
  { command, launcher, bar }: Programs,
  choice: DesktopChoice,
): Trace[] {
  const data = userFolder("XDG_DATA_HOME", ".local", "share");
  const config = userFolder("XDG_CONFIG_HOME", ".config");
  const traces: Trace[] = [];
  if (choice.path && command) traces.push(commandLink(command));
  if (choice.menu && launcher) {
    traces.push({
      kind: "file",
      path: join(data, "applications", "neverliie.desktop"),
      text: desktopEntry(launcher),
    }, {
      kind: "file",
      path: join(data, "icons", "hicolor", "scalable", "apps", "neverliie.svg"),
      text: ICON,
    });
  }
  if (choice.logon && bar) {
    const units = join(config, "systemd", "user");
    const unit = join(units, "neverliie.service");
    traces.push(
      { kind: "file", path: unit, text: systemdUnit(bar, root, homeVariable()) },
      // What `systemctl --user enable` makes; it needs a running systemd, this does not.
      {
        kind: "link",
        path: join(units, "default.target.wants", "neverliie.service"),
        target: unit,
      },
    );
  }
  return traces;
}

function macosTraces(root: string, { command, bar }: Programs, choice: DesktopChoice): Trace[] {
  const traces: Trace[] = [];
  if (choice.path && command) traces.push(commandLink(command));
  if (choice.logon && bar) {
    traces.push({
      kind: "file",
      path: join(userFolder("HOME"), "Library", "LaunchAgents", "neverliie.statusbar.plist"),
      text: launchAgent(bar, root, homeVariable()),
    });
  }
  return traces;
}

function commandLink(command: string): Trace {
  return {
    kind: "link",
    path: join(userFolder("HOME"), ".local", "bin", "neverliie"),
    target: command,
  };
}

/** `NEVERLIIE_HOME`, where it is not the usual one: what starts at logon must find the same mesh. */
function homeVariable(): string | null {
  return Deno.env.get("NEVERLIIE_HOME") ? defaultHome() : null;
}

const ICON =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" rx="14" fill="#16324f"/><path d="M18 46V18L46 46V18" fill="none" stroke="#7fd1ae" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/><g fill="#f4f7f5"><circle cx="18" cy="18" r="6.5"/><circle cx="18" cy="46" r="6.5"/><circle cx="46" cy="18" r="6.5"/><circle cx="46" cy="46" r="6.5"/></g></svg>\n`;

/**
 * An entry of the menu of programs.
 * https://specifications.freedesktop.org/desktop-entry-spec/latest/
 */
export function desktopEntry(launcher: string): string {
  // Inside quotes, four characters are escaped; the whole value is then escaped as a string again.
  const quoted = launcher.replaceAll(/["`$\\]/g, "\\$&").replaceAll("%", "%%");
  return [
    "[Desktop Entry]",
    "Type=Application",
    "Name=NeverLiie",
    "Comment=The mesh of this desk",
    `Exec="${quoted.replaceAll("\\", "\\\\")}"`,
    "Icon=neverliie",
    "Terminal=true",
    "Categories=System;Monitor;",
    "",
  ].join("\n");
}

/**
 * A service of this user.
 * https://www.freedesktop.org/software/systemd/man/latest/systemd.service.html
 */
export function systemdUnit(bar: string, folder: string, home: string | null): string {
  // "%" begins a specifier, "$" a variable; in quotes, backslash and quote are escaped.
  const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll("%", "%%");
  const quoted = (text: string) => `"${escaped(text).replaceAll('"', '\\"')}"`;
  return [
    "[Unit]",
    "Description=NeverLiie status bar",
    "",
    "[Service]",
    `ExecStart=:${quoted(bar)} --host`,
    `WorkingDirectory=${escaped(folder)}`,
    ...(home === null ? [] : [`Environment=${quoted(`NEVERLIIE_HOME=${home}`)}`]),
    "Restart=on-failure",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/**
 * An agent of this user on macOS.
 * https://developer.apple.com/library/archive/documentation/MacOSX/Conceptual/BPSystemStartup/Chapters/CreatingLaunchdJobs.html
 */
export function launchAgent(bar: string, folder: string, home: string | null): string {
  const text = (value: string) =>
    `<string>${
      value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    }</string>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    "<dict>",
    `  <key>Label</key>${text("neverliie.statusbar")}`,
    `  <key>ProgramArguments</key><array>${text(bar)}${text("--host")}</array>`,
    `  <key>WorkingDirectory</key>${text(folder)}`,
    ...(home === null ? [] : [
      `  <key>EnvironmentVariables</key><dict><key>NEVERLIIE_HOME</key>${text(home)}</dict>`,
    ]),
    "  <key>RunAtLoad</key><true/>",
    "</dict>",
    "</plist>",
    "",
  ].join("\n");
}
