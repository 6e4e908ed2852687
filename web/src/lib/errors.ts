// Turns an error into a sentence that says what to do.
import { ApiError } from '../api/http';
import type { Translate } from '../i18n/translate';

export type Store = 'logs' | 'traces' | 'dashboard';

export function describeError(error: unknown, store: Store, t: Translate): string {
  if (!(error instanceof ApiError)) {
    return error instanceof Error ? error.message : String(error);
  }
  switch (error.kind) {
    case 'unreachable':
      return t('error.unreachable');
    case 'timeout':
      return t('error.timeout');
    case 'forbidden':
    case 'unauthorized':
      return t('error.forbidden');
    case 'badGateway':
      return t('error.badGateway', { store: t(`store.${store}`) });
    case 'badRequest':
      return t('error.badQuery', { message: error.message });
    default:
      return t('error.server', { status: error.status, message: error.message });
  }
}
