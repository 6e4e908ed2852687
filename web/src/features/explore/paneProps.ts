// What every kind of pane is given.
import type { TimeControls } from '../../lib/useTimeControls';
import type { Pane, PaneQuery } from './state/model';
import type { DataSources } from './state/useDataSources';

export interface PaneProps<Query extends PaneQuery> {
  pane: Pane;
  query: Query;
  time: TimeControls;
  sources: DataSources;
  /** Runs a query: into the address, into the history. */
  onRun: (query: Query) => void;
  update: (change: Partial<Pane>, replace?: boolean) => void;
  instead: (pane: Pane) => string;
  beside: (pane: Pane) => string;
}
