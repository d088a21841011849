import type { ChatClient } from '../chat/client';
import { Refusal } from '../chat/refusal';
import { showToast } from '../ui/toast';
import type { ModerationAction, ActionResult } from './actions';

/** Sends an action and shows the result. False when it was refused. */
export async function perform(client: ChatClient, act: ModerationAction): Promise<boolean> {
  try {
    const { done } = await client.rpc<ActionResult>('act', { room: client.room, ...act });
    const back = undoOf(act);
    showToast(done || 'Done', back ? { label: 'Undo', run: () => void perform(client, back) } : undefined);
    return true;
  } catch (error) {
    showToast(error instanceof Refusal ? error.message : 'The server did not answer. Try again.');
    return false;
  }
}

/** The action that undoes another, for those that are done with one click. */
function undoOf({ act, user }: ModerationAction): ModerationAction | null {
  if (act === 'timeout' || act === 'ban') return { act: 'unban', user };
  if (act === 'shadow') return { act: 'unshadow', user };
  return null;
}
