// Nothing was found: the range may be too short. One click tries a longer one.
import { Button } from '@grafana/ui';
import { StateMessage } from '../../components/StateMessage';
import { useLocale } from '../../i18n/context';
import type { TimeControls } from '../../lib/useTimeControls';

const HOUR_MS = 3_600_000;
const WIDER = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS];

export function Widen({ time }: { time: TimeControls }) {
  const { t } = useLocale();
  const length = time.range.toMs - time.range.fromMs;
  const hours = (WIDER.find((size) => size > length) ?? length * 2) / HOUR_MS;
  return (
    <StateMessage
      title={t('explore.empty')}
      hint={t('explore.emptyHint')}
      action={
        <Button
          variant="secondary"
          icon="clock-nine"
          onClick={() => time.setRange({ from: `now-${Math.round(hours)}h`, to: 'now' })}
        >
          {t('explore.widen', { hours: Math.round(hours) })}
        </Button>
      }
    />
  );
}
