// Panels and rows that stand once for each value of a variable.
import {
  LocalValueVariable,
  MultiValueVariable,
  SceneGridItem,
  SceneGridLayout,
  SceneGridRow,
  type SceneObject,
  SceneObjectBase,
  type SceneObjectState,
  SceneVariableSet,
  sceneGraph,
  VariableDependencyConfig,
  type VariableValueSingle,
  VizPanel,
} from '@grafana/scenes';
import type { GridPos, Panel } from './model';

interface RepeatedValue {
  value: VariableValueSingle;
  text: string;
}

const MOST_COPIES = 100;
const COLUMNS = 24;
const DEFAULT_PER_ROW = 4;

function valuesOf(variable: MultiValueVariable): RepeatedValue[] {
  const { options } = variable.state;
  const chosen = [variable.getValue()].flat() as VariableValueSingle[];
  const all = variable.hasAllValue();
  const values = all ? options.map((option) => option.value) : chosen;
  return values.slice(0, MOST_COPIES).map((value) => ({
    value,
    text: options.find((option) => option.value === value)?.label ?? String(value),
  }));
}

function localValue(variable: MultiValueVariable, { value, text }: RepeatedValue): SceneVariableSet {
  return new SceneVariableSet({
    variables: [new LocalValueVariable({ name: variable.state.name, value, text })],
  });
}

abstract class Repeat<State extends SceneObjectState & { variable: string }> extends SceneObjectBase<State> {
  protected override _variableDependency = new VariableDependencyConfig<State>(this as never, {
    variableNames: [this.state.variable],
    onVariableUpdateCompleted: () => this.run(),
  });
  #last = '';

  constructor(state: State) {
    super(state);
    this.addActivationHandler(() => this.run());
  }

  private run(): void {
    // From above the item: the item itself has this variable with one value only.
    const above = this.parent?.parent;
    const variable = above && sceneGraph.lookupVariable(this.state.variable, above);
    if (!(variable instanceof MultiValueVariable) || variable.state.loading) {
      return;
    }
    const values = valuesOf(variable);
    const signature = JSON.stringify(values);
    if (values.length > 0 && signature !== this.#last) {
      this.#last = signature;
      this.expand(variable, values);
      let grid: SceneObject | undefined = this;
      while (grid && !(grid instanceof SceneGridLayout)) {
        grid = grid.parent;
      }
      // The grid does not notice what changes inside its rows.
      grid?.forceRender();
    }
  }

  protected abstract expand(variable: MultiValueVariable, values: RepeatedValue[]): void;
}

/** Where the copies of a panel stand. */
export function repeatedPlaces(
  panel: Pick<Panel, 'gridPos' | 'repeatDirection' | 'maxPerRow'>,
  count: number,
): GridPos[] {
  const { x, y, w, h } = panel.gridPos;
  if (panel.repeatDirection === 'v') {
    return Array.from({ length: count }, (_, index) => ({ x, y: y + index * h, w, h }));
  }
  const perRow = Math.max(1, Math.min(panel.maxPerRow ?? DEFAULT_PER_ROW, count));
  const width = Math.floor(COLUMNS / perRow);
  return Array.from({ length: count }, (_, index) => ({
    x: (index % perRow) * width,
    y: y + Math.floor(index / perRow) * h,
    w: width,
    h,
  }));
}

interface RepeatPanelState extends SceneObjectState {
  variable: string;
  panel: Panel;
  make: () => SceneObject;
}

export class RepeatPanel extends Repeat<RepeatPanelState> {
  protected override expand(variable: MultiValueVariable, values: RepeatedValue[]): void {
    const item = this.parent as SceneGridItem;
    const layout = item.parent as SceneGridLayout | SceneGridRow;
    const { panel, make } = this.state;
    const places = repeatedPlaces(
      { ...panel, gridPos: { ...panel.gridPos, y: item.state.y ?? panel.gridPos.y } },
      values.length,
    );
    // In a repeated row the keys are those of the row's copy.
    const bodyKey = item.state.body?.state.key ?? `panel-${panel.id}`;
    const copies = values.slice(1).map((value, index) => {
      const place = places[index + 1] ?? panel.gridPos;
      const body = make();
      if (body instanceof VizPanel) {
        body.setState({ key: `${bodyKey}-clone-${index + 1}` });
      }
      return new SceneGridItem({
        key: `${item.state.key}-clone-${index + 1}`,
        repeatSourceKey: item.state.key,
        ...sizeOf(place),
        body,
        $variables: localValue(variable, value),
      } as never);
    });
    const [first] = values;
    const [place = panel.gridPos] = places;
    if (first) {
      const body = make();
      body.setState({ key: bodyKey });
      item.setState({ ...sizeOf(place), $variables: localValue(variable, first), body });
    }
    const kept = layout.state.children.filter(
      (child) => (child.state as { repeatSourceKey?: string }).repeatSourceKey !== item.state.key,
    );
    layout.setState({
      children: kept.flatMap((child) => (child === item ? [child, ...copies] : [child])) as never,
    });
  }
}

function sizeOf({ x, y, w, h }: GridPos) {
  return { x, y, width: w, height: h };
}

interface RepeatRowState extends SceneObjectState {
  variable: string;
}

export class RepeatRow extends Repeat<RepeatRowState> {
  #shift = 0;

  protected override expand(variable: MultiValueVariable, values: RepeatedValue[]): void {
    const row = this.parent as SceneGridRow;
    const grid = row.parent as SceneGridLayout;
    const top = row.state.y ?? 0;
    const height = heightOf(row);
    const rows = values.map((value, index) =>
      index === 0 ? row : copyOf(row, index, height, localValue(variable, value)),
    );
    const [first] = values;
    if (first) {
      row.setState({ $variables: localValue(variable, first) });
    }
    const shift = (values.length - 1) * height;
    const others = grid.state.children.filter(
      (child) => (child.state as { repeatSourceKey?: string }).repeatSourceKey !== row.state.key,
    );
    for (const child of others) {
      if (child !== row && (child.state.y ?? 0) > top) {
        moveDown(child, shift - this.#shift);
      }
    }
    this.#shift = shift;
    grid.setState({ children: others.flatMap((child) => (child === row ? rows : [child])) });
  }
}

function heightOf(row: SceneGridRow): number {
  const top = row.state.y ?? 0;
  const bottoms = row.state.children.map((child) => (child.state.y ?? 0) + (child.state.height ?? 0));
  return row.state.isCollapsed ? 1 : Math.max(1, ...bottoms.map((bottom) => bottom - top));
}

function copyOf(row: SceneGridRow, index: number, height: number, variables: SceneVariableSet): SceneGridRow {
  const children = row.state.children.filter(isOriginal).map((child) => {
    const copy = child.clone({
      key: `${child.state.key}-row-${index}`,
      y: (child.state.y ?? 0) + index * height,
    });
    const body = (copy as SceneGridItem).state.body;
    body?.setState({ key: `${body.state.key}-row-${index}` });
    return copy;
  });
  return new SceneGridRow({
    key: `${row.state.key}-clone-${index}`,
    repeatSourceKey: row.state.key,
    title: row.state.title,
    isCollapsed: row.state.isCollapsed,
    y: (row.state.y ?? 0) + index * height,
    children,
    $variables: variables,
  } as never);
}

function isOriginal(child: SceneObject): boolean {
  return (child.state as { repeatSourceKey?: string }).repeatSourceKey === undefined;
}

function moveDown(child: SceneObject, amount: number): void {
  const { y = 0 } = child.state as { y?: number };
  child.setState({ y: y + amount } as never);
  if (child instanceof SceneGridRow) {
    for (const inner of child.state.children) {
      inner.setState({ y: (inner.state.y ?? 0) + amount });
    }
  }
}
