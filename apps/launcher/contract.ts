/** What other programs may ask of the launcher. */
import type { DashboardModel } from "./dashboard.ts";

export type { DashboardApp, DashboardModel } from "./dashboard.ts";

/** The methods of the app "launcher". */
export interface Launcher {
  /** What the dashboard shows now; wakes the status bar when it sleeps. */
  get_dashboard(): Promise<DashboardModel>;
}
