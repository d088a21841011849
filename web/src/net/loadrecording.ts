import { folderOf } from './links';
import { REFUSAL_HEADER } from './playbacktoken';
import { parseRecording, type Recording } from './recording';

const TIMEOUT = 8000;

/** Looks whether an answer is a refusal. */
export type Note = (status: number, header: string | null) => boolean;

export type Found = { kind: 'recording'; recording: Recording } | { kind: 'gone' } | { kind: 'unreachable' };

/** Asks for recording.json. An answer that is none counts as a server out of order, not as a deletion. */
export async function loadRecording(stream: string, id: string, note: Note = () => false): Promise<Found> {
  try {
    const url = `${folderOf(stream, id)}recording.json`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    if (note(response.status, response.headers.get(REFUSAL_HEADER))) return { kind: 'unreachable' };
    if (response.status === 404 || response.status === 410) return { kind: 'gone' };
    const recording = response.ok ? parseRecording(await response.json()) : null;
    return recording ? { kind: 'recording', recording } : { kind: 'unreachable' };
  } catch {
    return { kind: 'unreachable' };
  }
}
