/** The result of a request. */
export type Answer<T> =
  | { kind: 'ok'; data: T }
  /** The server has no such address: the feature is off. */
  | { kind: 'off' }
  /** The token is not, or no longer, the right one. */
  | { kind: 'refused' }
  | { kind: 'failed'; why: string };

const TIMEOUT = 8000;

/** Asks the REST API. The token goes into the header alone, and only to our own host. */
export class Api {
  constructor(private readonly token: string) {}

  get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    return this.ask<T>(path, { signal: signal ?? null });
  }

  put<T>(path: string, body: unknown): Promise<Answer<T>> {
    return this.ask<T>(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
  }

  private async ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
    const limit = AbortSignal.timeout(TIMEOUT);
    const headers = new Headers(init.headers);
    try {
      headers.set('Authorization', `Bearer ${this.token}`);
    } catch {
      return { kind: 'refused' }; // what can't stand in a header is no token
    }
    try {
      const response = await fetch(`/api/v1${path}`, {
        ...init,
        headers,
        signal: init.signal ? either(init.signal, limit) : limit,
        cache: 'no-store',
        credentials: 'omit',
        redirect: 'error',
      });
      if (response.ok) return { kind: 'ok', data: (await response.json()) as T };
      return await refusal(response);
    } catch {
      return { kind: 'failed', why: limit.aborted ? 'no answer within 8 s' : 'the server can’t be reached' };
    }
  }
}

async function refusal(response: Response): Promise<Answer<never>> {
  if (response.status === 401) return { kind: 'refused' };
  const reason = await detail(response);
  // An address that does not exist says nothing of itself; a thing that does not, does.
  if (response.status === 501 || (response.status === 404 && reason === '')) return { kind: 'off' };
  return { kind: 'failed', why: reason || `the server answered ${response.status}` };
}

/** What the answer's problem details (RFC 9457) say, or "". */
async function detail(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { detail?: unknown };
    return typeof problem.detail === 'string' ? problem.detail.slice(0, 300) : '';
  } catch {
    return '';
  }
}

/** Aborts when either signal does; some supported browsers lack AbortSignal.any. */
function either(a: AbortSignal, b: AbortSignal): AbortSignal {
  const both = new AbortController();
  for (const signal of [a, b]) {
    if (signal.aborted) both.abort();
    else signal.addEventListener('abort', () => both.abort(), { once: true });
  }
  return both.signal;
}
