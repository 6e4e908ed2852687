// Who is logged in, and the way in and out.
import { ApiError, errorOf, requestJson, send } from './http';

export interface User {
  id: number;
  login: string;
  name: string;
  email: string;
  isGrafanaAdmin: boolean;
  orgRole?: OrgRole;
}

export type OrgRole = 'Viewer' | 'Editor' | 'Admin' | 'None';

/** Whether the user may change dashboards at all; single ones may still be closed to changes. */
export function mayWrite(user: User | undefined): boolean {
  return user !== undefined && (user.isGrafanaAdmin || user.orgRole === 'Editor' || user.orgRole === 'Admin');
}

/** The current user, or undefined when nobody is logged in. */
export async function currentUser(signal?: AbortSignal): Promise<User | undefined> {
  const response = await send('/api/user', { signal });
  if (response.status === 401) {
    return undefined;
  }
  if (!response.ok) {
    throw await errorOf(response);
  }
  return (await response.json()) as User;
}

export type LoginResult = 'ok' | 'refused' | { lockedForSecs: number | undefined };

export async function logIn(user: string, password: string): Promise<LoginResult> {
  const response = await send('/login', { method: 'POST', body: { user, password } });
  if (response.ok) {
    return 'ok';
  }
  const error = await errorOf(response);
  if (response.status === 429) {
    return { lockedForSecs: error.retryAfterSecs };
  }
  if (response.status === 400 || response.status === 401) {
    return 'refused';
  }
  throw error;
}

/** Ends the session on the server. The answer is a redirect to the login page, which needs no following. */
export async function logOut(): Promise<void> {
  await fetch('/logout', { credentials: 'same-origin', redirect: 'manual' }).catch((error: unknown) => {
    throw new ApiError('unreachable', 0, String(error));
  });
}

export interface UserPreferences {
  homeDashboardUID?: string;
  theme?: string;
  language?: string;
  timezone?: string;
}

/** What the user chose in any browser. */
export function loadPreferences(): Promise<UserPreferences> {
  return requestJson<UserPreferences>('/api/user/preferences');
}

/** Remembers choices for the user's other browsers; this one has them already. */
export async function savePreferences(preferences: UserPreferences): Promise<void> {
  await requestJson('/api/user/preferences', { method: 'PATCH', body: preferences });
}

export async function changePassword(oldPassword: string, newPassword: string): Promise<void> {
  await requestJson('/api/user/password', {
    method: 'PUT',
    body: { oldPassword, newPassword, confirmNew: newPassword },
  });
}

/** A browser or program in which the user is logged in. */
export interface OpenSession {
  id: number;
  isActive: boolean;
  clientIp: string;
  browser: string;
  seenAt: string;
}

export function listSessions(signal?: AbortSignal): Promise<OpenSession[]> {
  return requestJson<OpenSession[]>('/api/user/auth-tokens', { signal });
}

export async function endSession(id: number): Promise<void> {
  await requestJson('/api/user/revoke-auth-token', { method: 'POST', body: { authTokenId: id } });
}
