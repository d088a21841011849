import './chat.css';
import { startRoom } from '../room/startroom';
import { ChatClient } from './client';
import { measureWindow } from './keyboard';
import type { ObjectIndex } from './objectindex';
import { Panel } from './panel';
import type { PictureTime } from './picturesync';

export interface StartedChat {
  close: () => void;
  focus: () => void;
}

export interface ChatOptions {
  root: HTMLElement;
  room: string;
  picture: () => PictureTime;
  /** Folder of the room's objects; ends with a slash. */
  folder: () => string;
  /** Of a recording: its chat is played. Null: the live room. */
  track: ObjectIndex | null;
  onClose: () => void;
  /** Something was written while the chat is put away. */
  onNews: () => void;
}

/** Starts the chat in the page. What is drawn on top of it (src/room) begins here too. */
export function startChat({ root, room, picture, folder, track, onClose, onNews }: ChatOptions): StartedChat {
  const client = new ChatClient(room, picture, folder);
  if (track) client.startReplay(track);
  const panel = new Panel(root, client, onClose, onNews);
  const endRoom = startRoom(client, panel);
  const measured = measureWindow();
  if (!track) client.connect();
  // For tests and the browser's console.
  Object.assign(window, { lightstickChat: client });
  return {
    focus: () => panel.focus(),
    close: () => {
      endRoom();
      client.close();
      panel.close();
      measured();
    },
  };
}
