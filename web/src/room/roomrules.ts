import type { RoomSettings, User } from '../chat/types.js';

/** The room's rules as shown over the composer; moderators are exempt from them. */
export function roomRules(room: RoomSettings, me: User | null): string[] {
  const notes: string[] = [];
  if (room.closed) return [staff(me) ? 'Chat is closed for everybody else' : 'Chat is closed for now'];
  if (room.slow) notes.push(`Slow mode: ${duration(room.slow)} between messages`);
  if (room.members) notes.push('Members only');
  if (room.emotes) notes.push('Emotes only');
  return notes;
}

function staff(me: User | null): boolean {
  return me?.role === 'host' || me?.role === 'moderator';
}

/** "10 seconds", "2 minutes", "1 hour". */
export function duration(seconds: number): string {
  const units: [size: number, name: string][] = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];
  const [size, name] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second'];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
