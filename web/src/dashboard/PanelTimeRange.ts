// A panel with a time range of its own: the last so long, or shifted into the past.
import { dateMath, getDefaultTimeRange, rangeUtil, type TimeRange } from '@grafana/data';
import { type SceneTimeRangeState, SceneTimeRangeTransformerBase, sceneGraph } from '@grafana/scenes';

interface PanelTimeRangeState extends SceneTimeRangeState {
  timeFrom?: string;
  timeShift?: string;
}

export class PanelTimeRange extends SceneTimeRangeTransformerBase<PanelTimeRangeState> {
  constructor(state: { timeFrom?: string; timeShift?: string }) {
    super({ ...state, from: 'now-6h', to: 'now', value: getDefaultTimeRange() });
    this.addActivationHandler(() =>
      this.setState({ value: this.#range(this.getAncestorTimeRange().state.value) }),
    );
  }

  protected override ancestorTimeRangeChanged(range: SceneTimeRangeState): void {
    this.setState({ value: this.#range(range.value) });
  }

  #range(dashboard: TimeRange): TimeRange {
    const { timeFrom, timeShift } = this.state;
    let range = dashboard;
    if (timeFrom) {
      const text = sceneGraph.interpolate(this, timeFrom);
      const raw = { from: text.startsWith('now') ? text : `now-${text}`, to: 'now' };
      range = rangeUtil.convertRawToRange(raw);
    }
    if (timeShift) {
      const shift = `-${sceneGraph.interpolate(this, timeShift)}`;
      const from = dateMath.parseDateMath(shift, range.from, false);
      const to = dateMath.parseDateMath(shift, range.to, true);
      range = from && to ? { from, to, raw: { from, to } } : range;
    }
    return range;
  }
}
