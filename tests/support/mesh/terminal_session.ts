/** Sessions of the terminal, opened as other programs do. */
import type { OpenParams, SessionInfo } from "../../../apps/terminal/contract.ts";
import type { TestMesh } from "./mesh.ts";

/** Opens a session; a shell without anybody's settings unless another command is given. */
export async function openSession(mesh: TestMesh, params: OpenParams = {}): Promise<SessionInfo> {
  return await mesh.ipc.call("terminal", "open", {
    command: ["/bin/sh"],
    cwd: mesh.home,
    ...params,
    env: { PS1: "$ ", ENV: "", LC_ALL: "C.UTF-8", ...params.env },
  });
}
