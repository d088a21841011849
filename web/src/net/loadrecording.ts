import { folderOf } from './links';
import { REFUSAL_HEADER } from './playbacktoken';
import { parseRecording, type Recording } from './recording';

const TIMEOUT = 8000;

/** Reports whether a response refuses access. */
export type RefusalCheck = (status: number, header: string | null) => boolean;

export type RecordingAnswer = { kind: 'recording'; recording: Recording } | { kind: 'gone' } | { kind: 'unreachable' };

/** Loads recording.json. An invalid answer counts as an unreachable server, not as a deleted recording. */
export async function loadRecording(stream: string, id: string, isRefused: RefusalCheck = () => false): Promise<RecordingAnswer> {
  try {
    const url = `${folderOf(stream, id)}recording.json`;
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) });
    if (isRefused(response.status, response.headers.get(REFUSAL_HEADER))) return { kind: 'unreachable' };
    if (response.status === 404 || response.status === 410) return { kind: 'gone' };
    const recording = response.ok ? parseRecording(await response.json()) : null;
    return recording ? { kind: 'recording', recording } : { kind: 'unreachable' };
  } catch {
    return { kind: 'unreachable' };
  }
}
