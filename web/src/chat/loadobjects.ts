import { parseIndex, parseObject, type ObjectIndex } from './objectindex';
import type { Item } from './types';

const TIMEOUT = 8000;
/** A blocking answer comes within three target durations. */
const BLOCKING_TIMEOUT = 30_000;

/** Loads a room's index; with next the request blocks until that object exists. Null: there is none. Throws without an answer. */
export async function loadIndex(folder: string, next: number | null, stop: AbortSignal): Promise<ObjectIndex | null> {
  const query = next === null ? '' : `?_HLS_msn=${next}`;
  const response = await fetchWithTimeout(`${folder}chat/index.json${query}`, next === null ? TIMEOUT : BLOCKING_TIMEOUT, stop);
  if (response.status === 404 || response.status === 410) return null;
  if (!response.ok) throw new Error(`status ${response.status}`);
  return parseIndex(await response.json());
}

/** One object, by where the index says that it is; [] if it is gone. */
export async function loadObject(folder: string, file: string, stop: AbortSignal): Promise<Item[]> {
  const response = await fetchWithTimeout(`${folder}chat/${file}`, TIMEOUT, stop);
  if (response.status === 404 || response.status === 410) return [];
  if (!response.ok) throw new Error(`status ${response.status}`);
  return parseObject(await response.json());
}

function fetchWithTimeout(url: string, timeout: number, stop: AbortSignal): Promise<Response> {
  const late = new AbortController();
  const timer = window.setTimeout(() => late.abort(), timeout);
  stop.addEventListener('abort', () => late.abort(), { once: true });
  if (stop.aborted) late.abort();
  return fetch(url, { signal: late.signal }).finally(() => clearTimeout(timer));
}
