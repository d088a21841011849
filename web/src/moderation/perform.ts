import type { ChatClient } from '../chat/client';
import { Refusal } from '../chat/refusal';
import { showToast } from '../ui/toast';
import type { Act, Done } from './actions';

/** Asks for an act and tells what came of it. False when it was refused. */
export async function perform(client: ChatClient, act: Act): Promise<boolean> {
  try {
    const { done } = await client.rpc<Done>('act', { room: client.room, ...act });
    const back = undo(act);
    showToast(done || 'Done', back ? { label: 'Undo', run: () => void perform(client, back) } : undefined);
    return true;
  } catch (error) {
    showToast(error instanceof Refusal ? error.message : 'The server did not answer. Try again.');
    return false;
  }
}

/** What takes an act back, for those that are done with one click. */
function undo({ act, user }: Act): Act | null {
  if (act === 'timeout' || act === 'ban') return { act: 'unban', user };
  if (act === 'shadow') return { act: 'unshadow', user };
  return null;
}
