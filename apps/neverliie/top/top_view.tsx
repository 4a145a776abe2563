/** `neverliie top` on the terminal. */
import { useApp } from "ink";
// @deno-types="@types/react"
import { type ReactNode } from "react";
import { pause } from "../../../lib/system/waiting.ts";
import { FullScreen, Line, Model, useModel } from "../../../lib/ui/components.tsx";
import { type KeyHandler, useKeys } from "../../../lib/ui/keys.ts";
import { showScreen } from "../../../lib/ui/screen.tsx";
import type { MeshModel } from "../watching/mesh_model.ts";
import { layout } from "./layout.ts";
import { type CallSample, type Sample, sampleOf } from "./sample.ts";
import { TopState } from "./state.ts";

/** Milliseconds between two samples, at least, and at most where nothing happens. */
const PAUSE = 250;
const IDLE = 1_000;

/** Shows the mesh until q, Ctrl-C or the signal. */
export async function showTop(
  mesh: MeshModel,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const left = new AbortController();
  const model = new TopModel(mesh, names);
  const following = model.follow(AbortSignal.any([signal, left.signal]));
  try {
    await showScreen(<Top model={model} />, { signal });
  } finally {
    left.abort();
    await following;
  }
}

/** What is shown. */
class TopModel extends Model {
  readonly state = new TopState();
  sample: Sample;
  readonly #mesh: MeshModel;
  readonly #names: readonly string[];

  constructor(mesh: MeshModel, names: readonly string[]) {
    super();
    this.#mesh = mesh;
    this.#names = names;
    this.sample = sampleOf(mesh, names);
  }

  /** Takes samples as things change, until the signal is aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#look();
      const idle = new AbortController();
      const either = AbortSignal.any([signal, idle.signal]);
      await pause(PAUSE, signal).catch(() => {
        // Left meanwhile; the loop sees it.
      });
      await Promise.race([this.#mesh.changed(either), pause(IDLE, either).catch(() => {})]);
      idle.abort();
    }
  }

  /** Cancels a call, and says what came of it. */
  async cancel({ app, pid, call, method }: CallSample): Promise<void> {
    const which = `#${call} ${method} of ${app}`;
    try {
      const cancelled = await this.#mesh.cancel(app, pid, call);
      this.state.message = cancelled ? `Cancelled ${which}` : `${which} had ended already`;
    } catch (error) {
      this.state.message = `Cannot cancel ${which}: ${(error as Error).message}`;
    }
    this.#look();
  }

  #look(): void {
    this.sample = sampleOf(this.#mesh, this.#names);
    this.changed();
  }
}

function Top({ model }: { model: TopModel }): ReactNode {
  const { exit } = useApp();
  useModel(model);
  const press: KeyHandler = (input, key) => {
    const { state, sample } = model;
    const { asking } = state;
    if ((key.ctrl && input === "c") || input === "q") return exit();
    if (asking !== null) {
      if (input === "y") void model.cancel(asking);
      else if (input !== "n" && !key.escape) return;
      state.asking = null;
      return model.changed();
    }
    state.message = null;
    const tables = state.rows(sample);
    if (key.tab) state.turn(key.shift ? -1 : 1);
    else if (key.upArrow || input === "k") state.move(-1, tables);
    else if (key.downArrow || input === "j") state.move(1, tables);
    else if (key.pageUp) state.move(-10, tables);
    else if (key.pageDown) state.move(10, tables);
    else if (input === "s") state.sort();
    else if (input === "x" || key.delete) state.ask(tables);
    model.changed();
  };
  // Letters that were typed faster than they were read come as one piece.
  useKeys((input, key) => {
    for (const one of input === "" ? [""] : input) press(one, key);
  });
  return (
    <FullScreen>
      {(size) =>
        layout(model.sample, model.state, size).map((line, at) => <Line key={at} pieces={line} />)}
    </FullScreen>
  );
}
