// A cell for each sample of each series.
import type { PanelProps } from '@grafana/data';
import { type StatesOptions, StatesPanel } from './shared/StatesPanel';
import { statesPlugin } from './shared/statesPlugin';

function StatusHistoryPanel(props: PanelProps<StatesOptions>) {
  return <StatesPanel {...props} joined={false} />;
}

export const plugin = statesPlugin(StatusHistoryPanel, false);
