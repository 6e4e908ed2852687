// The heading of a page with its time range and refresh controls.
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { RefreshPicker, TimeRangePicker, useStyles2 } from '@grafana/ui';
import { type ReactNode, useEffect, useMemo } from 'react';
import { usePreferences } from '../app/preferences';
import { useLocale } from '../i18n/context';
import { fromPickerRange, isRelative, shiftRange, toPickerRange, zoomOut } from '../lib/timeRange';
import { REFRESH_INTERVALS, type TimeControls } from '../lib/useTimeControls';

export interface PageToolbarProps {
  title: string;
  /** Beside the title: counts, a link. */
  detail?: ReactNode;
  actions?: ReactNode;
  time?: TimeControls;
  loading?: boolean;
}

export function PageToolbar({ title, detail, actions, time, loading }: PageToolbarProps) {
  const { t } = useLocale();
  const styles = useStyles2(getStyles);
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title, t]);
  return (
    <div className={styles.toolbar}>
      <div className={styles.heading}>
        <h1 className={styles.title}>{title}</h1>
        {detail}
      </div>
      <div className={styles.controls}>
        {actions}
        {time && <TimePickers time={time} loading={loading} />}
      </div>
    </div>
  );
}

export function TimePickers({ time, loading }: { time: TimeControls; loading?: boolean }) {
  const { t, timeZone } = useLocale();
  const { setTimeZone } = usePreferences();
  const { raw, range } = time;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new range object means that `now` moved
  const value = useMemo(() => toPickerRange(raw, timeZone), [raw, range, timeZone]);
  return (
    <>
      <TimeRangePicker
        isOnCanvas
        value={value}
        timeZone={timeZone}
        onChange={(next) => time.setRange(fromPickerRange(next))}
        onChangeTimeZone={setTimeZone}
        onMoveBackward={() => time.setRange(shiftRange(range, -1))}
        onMoveForward={() => time.setRange(shiftRange(range, 1))}
        onZoom={() => time.setRange(zoomOut(range))}
      />
      <RefreshPicker
        isOnCanvas
        isLoading={loading}
        value={isRelative(raw) ? time.refresh : ''}
        intervals={REFRESH_INTERVALS}
        tooltip={t('time.refresh')}
        onRefresh={time.refreshNow}
        onIntervalChanged={time.setRefresh}
      />
    </>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  toolbar: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: theme.spacing(1, 2),
    marginBottom: theme.spacing(2),
  }),
  heading: css({
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'baseline',
    gap: theme.spacing(0.5, 1.5),
    minWidth: 0,
  }),
  title: css({
    margin: 0,
    fontSize: theme.typography.h3.fontSize,
    fontWeight: theme.typography.fontWeightMedium,
  }),
  controls: css({ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: theme.spacing(1) }),
});
