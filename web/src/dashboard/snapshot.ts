import { statusURL } from '../net/links';
import type { Answer, Api } from './api';
import { worthAsking, type Status } from './streamrows';
import type { Cost, Pathway, Quality, StreamInfo } from './types';

/** What a round of questions brought. */
export interface Snapshot {
  cost: Answer<Cost>;
  streams: Answer<StreamInfo[]>;
  quality: Answer<Quality[]>;
  pathways: Answer<Pathway[]>;
  /** What the origin says of streams that may be on air. */
  statuses: Map<string, Status>;
}

/** The audience that the projection is made for. */
export interface Show {
  viewers: number;
  hours: number;
}

/** How many streams are asked for their viewers, and how many of them at once. */
const MOST = 40;
const AT_ONCE = 6;
const TIMEOUT = 5000;

export async function takeSnapshot(api: Api, show: Show, signal: AbortSignal): Promise<Snapshot> {
  const [cost, streams, quality, pathways] = await Promise.all([
    api.get<Cost>(`/cost?viewers=${show.viewers}&hours=${show.hours}`, signal),
    api.get<StreamInfo[]>('/streams', signal),
    api.get<Quality[]>('/quality', signal),
    api.get<Pathway[]>('/steering', signal),
  ]);
  const names = worthAsking(streams.kind === 'ok' ? streams.data ?? [] : [], cost.kind === 'ok' ? cost.data.streams ?? [] : []);
  return { cost, streams, quality, pathways, statuses: await askStatuses(names.slice(0, MOST), signal) };
}

export function answers(s: Snapshot): Answer<unknown>[] {
  return [s.cost, s.streams, s.quality, s.pathways];
}

/** Streams whose status can't be had are missing: behind a shield the origin shows it to the CDN only. */
async function askStatuses(names: string[], signal: AbortSignal): Promise<Map<string, Status>> {
  const known = new Map<string, Status>();
  const queue = [...names];
  const worker = async (): Promise<void> => {
    for (let id = queue.pop(); id !== undefined && !signal.aborted; id = queue.pop()) {
      const status = await statusOf(id);
      if (status) known.set(id, status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return known;
}

async function statusOf(id: string): Promise<Status | null> {
  try {
    const response = await fetch(statusURL(id), { cache: 'no-store', credentials: 'omit', signal: AbortSignal.timeout(TIMEOUT) });
    const { state, viewers } = response.ok ? ((await response.json()) as Partial<Record<string, unknown>>) : {};
    return typeof state === 'string' && typeof viewers === 'number' ? { state, viewers } : null;
  } catch {
    return null;
  }
}
