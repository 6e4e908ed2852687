// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { ReactNode } from 'react';
import { MemoryRouter, Route, Routes, useLocation } from 'react-router-dom';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { PreferencesProvider } from '../app/preferences';
import { ROUTER_FUTURE } from '../app/router';
import { RequireLogin, SessionProvider } from '../app/session';
import { prefillIcons } from '../boot/icons';
import { initGrafanaLocale } from '../boot/locale';
import { NavButton } from '../components/NavButton';
import { parseEntry } from '../datasources/loki/logLine';
import { useResource } from '../lib/useResource';
import { LoginPage } from './login/LoginPage';
import { LogRow } from './logs/LogRow';

// As public/boot.js does before the bundle: the path must be there when @grafana/ui loads.
vi.hoisted(() => {
  window.__grafana_public_path__ = '/grafana/';
});

beforeAll(async () => {
  prefillIcons();
  await initGrafanaLocale('en');
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function Page({ path = '/', children }: { path?: string; children: ReactNode }) {
  return (
    <PreferencesProvider language="en">
      <MemoryRouter future={ROUTER_FUTURE} initialEntries={[path]}>
        {children}
      </MemoryRouter>
    </PreferencesProvider>
  );
}

function Address() {
  const { pathname, search } = useLocation();
  return <output>{pathname + search}</output>;
}

/** A server with one user, who may be locked out. */
function stubServer({ locked = false } = {}) {
  let loggedIn = false;
  const fetchStub = vi.fn((path: string, options: RequestInit) => {
    if (path === '/login') {
      const { password } = JSON.parse(String(options.body)) as { password: string };
      loggedIn = password === 'right' && !locked;
      const headers = locked ? { 'Retry-After': '120' } : undefined;
      return Promise.resolve(
        new Response('{"message":"x"}', { status: locked ? 429 : loggedIn ? 200 : 401, headers }),
      );
    }
    return Promise.resolve(
      loggedIn ? new Response('{"id":1,"login":"admin"}') : new Response('{}', { status: 401 }),
    );
  });
  vi.stubGlobal('fetch', fetchStub);
  return fetchStub;
}

describe('login', () => {
  async function logInWith(password: string) {
    const user = userEvent.setup();
    await user.type(screen.getByLabelText('User name or e-mail'), 'admin');
    if (password) {
      await user.type(screen.getByLabelText('Password'), password);
    }
    await user.click(screen.getByRole('button', { name: 'Sign in' }));
  }

  function renderLogin(path: string) {
    render(
      <Page path={path}>
        <SessionProvider>
          <Routes>
            <Route path="/login" element={<LoginPage />} />
            <Route path="*" element={null} />
          </Routes>
          <Address />
        </SessionProvider>
      </Page>,
    );
  }

  test.each([
    ['wrong', {}, /Wrong user name or password/],
    ['right', { locked: true }, /Try again in 2 min/],
    ['', {}, /Enter a user name and a password/],
  ])('password "%s" %j is refused with a reason', async (password, server, reason) => {
    stubServer(server);
    renderLogin('/login');
    await logInWith(password);
    expect((await screen.findByRole('alert')).textContent).toMatch(reason);
  });

  test('the right password leads to where the user wanted to go', async () => {
    stubServer();
    renderLogin('/login?redirect=%2Flogs%3Fquery%3D%257Ba%253D%2522b%2522%257D');
    await logInWith('right');
    await waitFor(() => expect(screen.getByRole('status').textContent).toBe('/logs?query=%7Ba%3D%22b%22%7D'));
  });

  test('a page behind the login asks for one and remembers itself', async () => {
    stubServer();
    render(
      <Page path="/trace/abc?span=1">
        <SessionProvider>
          <RequireLogin>secret</RequireLogin>
          <Address />
        </SessionProvider>
      </Page>,
    );
    await waitFor(() => expect(screen.getByText('/login?redirect=%2Ftrace%2Fabc%3Fspan%3D1')).toBeTruthy());
    expect(screen.queryByText('secret')).toBeNull();
  });
});

test('a log line opens into fields, filters and a link to its trace', async () => {
  const entry = parseEntry(
    '1700000000123000000',
    '{"level":"error","service":"order-service","message":"payment failed","amount":12.5,"trace_id":"0af7651916cd43dd8448eb211c80319c"}',
    { service_name: 'order-service' },
  );
  const onToggle = vi.fn();
  const onFilter = vi.fn();
  const { rerender } = render(
    <Page>
      <LogRow entry={entry} open={false} onToggle={onToggle} onFilter={onFilter} />
    </Page>,
  );
  const summary = screen.getByRole('button', { name: /error line of order-service.*payment failed/ });
  await userEvent.click(summary);
  expect(onToggle).toHaveBeenCalledWith(entry);
  rerender(
    <Page>
      <LogRow entry={entry} open onToggle={onToggle} onFilter={onFilter} />
    </Page>,
  );
  expect(screen.getByRole('link', { name: 'Open trace' }).getAttribute('href')).toBe(
    '/trace/0af7651916cd43dd8448eb211c80319c',
  );
  await userEvent.click(screen.getByRole('button', { name: 'Filter out amount = 12.5' }));
  expect(onFilter).toHaveBeenCalledWith({ kind: 'field', name: 'amount', value: '12.5', keep: false });
});

test('links keep every character of a query', () => {
  render(
    <Page>
      <NavButton to="/logs?query=%7Ba%3D~%22.%2B%22%7D%20%26">Logs</NavButton>
    </Page>,
  );
  expect(screen.getByRole('link').getAttribute('href')).toBe('/logs?query=%7Ba%3D~%22.%2B%22%7D%20%26');
});

function Probe({
  identity,
  version,
  load,
}: {
  identity: string;
  version: string;
  load: () => Promise<string>;
}) {
  const { data, error, loading } = useResource(identity, version, load);
  return <output>{`${data ?? 'none'}/${error ? 'failed' : 'fine'}/${loading ? 'loading' : 'idle'}`}</output>;
}

describe('useResource', () => {
  const shown = () => screen.getByRole('status').textContent;

  test('a failed refresh keeps the last answer, another question drops it', async () => {
    const { rerender } = render(<Probe identity="a" version="1" load={() => Promise.resolve('one')} />);
    await waitFor(() => expect(shown()).toBe('one/fine/idle'));
    rerender(<Probe identity="a" version="2" load={() => Promise.reject(new Error('away'))} />);
    await waitFor(() => expect(shown()).toBe('one/failed/idle'));
    rerender(<Probe identity="b" version="1" load={() => new Promise(() => undefined)} />);
    expect(shown()).toBe('none/fine/loading');
  });

  test('an answer that was overtaken is dropped', async () => {
    let answerFirst: (value: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => {
      answerFirst = resolve;
    });
    const { rerender } = render(<Probe identity="a" version="1" load={() => first} />);
    rerender(<Probe identity="a" version="2" load={() => Promise.resolve('two')} />);
    await waitFor(() => expect(shown()).toBe('two/fine/idle'));
    answerFirst('one');
    await first;
    expect(shown()).toBe('two/fine/idle');
  });
});
