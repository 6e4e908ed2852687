// Numbers, durations and times as people read them, in the language of the page. No React in here.
import type { Language } from '../i18n/translate';

export interface Formatters {
  count(value: number): string;
  rate(perSecond: number): string;
  percent(ratio: number): string;
  money(amount: number, currency: string): string;
  durationMs(milliseconds: number): string;
  uptime(seconds: number): string;
  clock(milliseconds: number): string;
  clockPrecise(milliseconds: number): string;
  dateTime(milliseconds: number): string;
  dateTimePrecise(milliseconds: number): string;
  relative(milliseconds: number, now: number): string;
}

const MINUTE_SECS = 60;
const HOUR_SECS = 3600;
const DAY_SECS = 86_400;

/** `timeZone`: an IANA name, `utc`, or `browser` for the reader's own. */
export function formatters(language: Language, timeZone = 'browser'): Formatters {
  const integers = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  const digits = (most: number) => new Intl.NumberFormat(language, { maximumFractionDigits: most });
  const byDigits = [digits(0), digits(1), digits(2)] as const;
  const zone = timeZone === 'browser' ? undefined : timeZone;
  const time = {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  } as const;
  const day = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const clock = new Intl.DateTimeFormat(language, time);
  const clockPrecise = new Intl.DateTimeFormat(language, { ...time, fractionalSecondDigits: 3 });
  const dateTime = new Intl.DateTimeFormat(language, { ...day, ...time });
  const dateTimePrecise = new Intl.DateTimeFormat(language, { ...day, ...time, fractionalSecondDigits: 3 });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'narrow' });

  /** About three significant digits, never more than two decimals. */
  const short = (value: number) => {
    const size = Math.abs(value);
    const format = size >= 100 ? byDigits[0] : size >= 10 ? byDigits[1] : byDigits[2];
    return format.format(value);
  };

  return {
    count: (value) => integers.format(value),
    rate: short,
    percent: (ratio) => `${short(ratio * 100)} %`,
    money: (amount, currency) =>
      new Intl.NumberFormat(language, {
        style: 'currency',
        currency,
        maximumFractionDigits: amount >= 1000 ? 0 : 2,
      }).format(amount),
    durationMs: (milliseconds) => {
      if (milliseconds < 1) {
        return `${integers.format(milliseconds * 1000)} µs`;
      }
      if (milliseconds < 1000) {
        return `${short(milliseconds)} ms`;
      }
      return milliseconds < 60_000
        ? `${short(milliseconds / 1000)} s`
        : `${integers.format(Math.floor(milliseconds / 60_000))} min ${integers.format((milliseconds % 60_000) / 1000)} s`;
    },
    uptime: (seconds) => {
      if (seconds < MINUTE_SECS) {
        return `${integers.format(Math.floor(seconds))} s`;
      }
      if (seconds < HOUR_SECS) {
        return `${integers.format(Math.floor(seconds / MINUTE_SECS))} min`;
      }
      return seconds < DAY_SECS
        ? `${Math.floor(seconds / HOUR_SECS)} h ${Math.floor((seconds % HOUR_SECS) / MINUTE_SECS)} min`
        : `${integers.format(Math.floor(seconds / DAY_SECS))} d ${Math.floor((seconds % DAY_SECS) / HOUR_SECS)} h`;
    },
    clock: (milliseconds) => clock.format(milliseconds),
    clockPrecise: (milliseconds) => clockPrecise.format(milliseconds),
    dateTime: (milliseconds) => dateTime.format(milliseconds),
    dateTimePrecise: (milliseconds) => dateTimePrecise.format(milliseconds),
    relative: (milliseconds, now) => {
      const seconds = Math.round((milliseconds - now) / 1000);
      const size = Math.abs(seconds);
      if (size < MINUTE_SECS) {
        return relative.format(seconds, 'second');
      }
      if (size < HOUR_SECS) {
        return relative.format(Math.round(seconds / MINUTE_SECS), 'minute');
      }
      return size < DAY_SECS
        ? relative.format(Math.round(seconds / HOUR_SECS), 'hour')
        : relative.format(Math.round(seconds / DAY_SECS), 'day');
    },
  };
}
