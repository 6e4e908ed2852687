// When things were in which state.
import type { PanelProps } from '@grafana/data';
import { type StatesOptions, StatesPanel } from './shared/StatesPanel';
import { statesPlugin } from './shared/statesPlugin';

function StateTimelinePanel(props: PanelProps<StatesOptions>) {
  return <StatesPanel {...props} joined />;
}

export const plugin = statesPlugin(StateTimelinePanel, true);
