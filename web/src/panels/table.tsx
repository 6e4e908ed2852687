// Rows and columns, with @grafana/ui's table.

import {
  cacheFieldDisplayNames,
  type FieldConfigEditorBuilder,
  getFrameDisplayName,
  type PanelProps,
} from '@grafana/data';
import {
  TableCellDisplayMode,
  TableCellHeight,
  type TableFieldOptions,
  type TableSortByFieldState,
} from '@grafana/schema';
import { Select } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { useLocale } from '../i18n/context';
import { NoData } from './shared/NoData';
import { choices } from './shared/options';
import { panelWithFields } from './shared/panelWithFields';
import { addPlainFields } from './timeseries';

interface TableOptions {
  frameIndex: number;
  showHeader: boolean;
  cellHeight: TableCellHeight;
  sortBy?: TableSortByFieldState[];
  enablePagination?: boolean;
  footer?: { enablePagination?: boolean };
}

const PICKER_HEIGHT = 40;

function TablePanel(props: PanelProps<TableOptions>) {
  const { t } = useLocale();
  const { data, width, height, options, timeRange, fieldConfig, onOptionsChange } = props;
  // The table reads display names from where applying field options has cleared them.
  cacheFieldDisplayNames(data.series);
  const index = Math.min(options.frameIndex ?? 0, Math.max(0, data.series.length - 1));
  const frame = data.series[index];
  if (!frame || frame.fields.length === 0) {
    return <NoData />;
  }
  const several = data.series.length > 1;
  return (
    <>
      <TableNG
        data={frame}
        width={width}
        height={several ? height - PICKER_HEIGHT : height}
        timeRange={timeRange}
        noHeader={options.showHeader === false}
        cellHeight={options.cellHeight}
        resizable
        fieldConfig={fieldConfig}
        sortBy={options.sortBy}
        sortByBehavior={'initial' as never}
        structureRev={data.structureRev}
        enablePagination={options.enablePagination ?? options.footer?.enablePagination}
      />
      {several && (
        <Select
          aria-label={t('panel.tableFrame')}
          options={data.series.map((one, at) => ({ value: at, label: getFrameDisplayName(one, at) }))}
          value={index}
          onChange={(choice) => onOptionsChange({ ...options, frameIndex: choice.value ?? 0 })}
        />
      )}
    </>
  );
}

function addColumnFields(builder: FieldConfigEditorBuilder<TableFieldOptions>): void {
  const category = ['Table'];
  builder
    .addNumberInput({
      path: 'width',
      name: 'Column width',
      category,
      settings: { placeholder: 'auto', min: 20 },
    })
    .addNumberInput({ path: 'minWidth', name: 'Minimum column width', category, settings: { min: 50 } })
    .addRadio({
      path: 'align',
      name: 'Column alignment',
      category,
      defaultValue: 'auto',
      settings: choices(['auto', 'Auto'], ['left', 'Left'], ['center', 'Center'], ['right', 'Right']),
    })
    .addSelect({
      path: 'cellOptions.type' as never,
      name: 'Cell type',
      category,
      defaultValue: TableCellDisplayMode.Auto as never,
      settings: choices(
        [TableCellDisplayMode.Auto as never, 'Auto'],
        [TableCellDisplayMode.ColorText as never, 'Colored text'],
        [TableCellDisplayMode.ColorBackground as never, 'Colored background'],
        [TableCellDisplayMode.Gauge as never, 'Gauge'],
        [TableCellDisplayMode.DataLinks as never, 'Data links'],
        [TableCellDisplayMode.JSONView as never, 'JSON view'],
        [TableCellDisplayMode.Sparkline as never, 'Sparkline'],
      ),
    })
    .addBooleanSwitch({ path: 'inspect', name: 'Cell value inspect', category, defaultValue: false })
    .addBooleanSwitch({ path: 'filterable', name: 'Column filter', category })
    .addBooleanSwitch({ path: 'hidden' as never, name: 'Hide in table', category });
}

export const plugin = panelWithFields<TableOptions, TableFieldOptions>(TablePanel, {
  useCustomConfig: (builder) => {
    addColumnFields(builder);
    addPlainFields(builder as never, [
      ['cellOptions', { type: TableCellDisplayMode.Auto }],
      ['hideFrom', undefined],
      ['footer', undefined],
      ['wrapText', undefined],
    ]);
  },
}).setPanelOptions((builder) => {
  const category = ['Table'];
  builder
    .addBooleanSwitch({ path: 'showHeader', name: 'Show header', category, defaultValue: true })
    .addRadio({
      path: 'cellHeight',
      name: 'Cell height',
      category,
      defaultValue: TableCellHeight.Sm,
      settings: choices(
        [TableCellHeight.Sm, 'Small'],
        [TableCellHeight.Md, 'Medium'],
        [TableCellHeight.Lg, 'Large'],
      ),
    })
    .addBooleanSwitch({ path: 'enablePagination', name: 'Pagination', category, defaultValue: false });
});
