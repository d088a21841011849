import './chat.css';
import { startRoom } from '../room/startroom';
import { ChatClient } from './client';
import { measureWindow } from './keyboard';
import type { TrackIndex } from './objectindex';
import { Panel } from './panel';
import type { Picture } from './picturesync';

export interface Started {
  close: () => void;
  focus: () => void;
}

export interface Setting {
  root: HTMLElement;
  room: string;
  picture: () => Picture;
  /** Folder of the room's objects; ends with a slash. */
  folder: () => string;
  /** Of a recording: its chat is played. Null: the live room. */
  track: TrackIndex | null;
  onClose: () => void;
  /** Something was written while the chat is put away. */
  onNews: () => void;
}

/** Starts the chat in the page. What is drawn on top of it (src/room) begins here too. */
export function startChat({ root, room, picture, folder, track, onClose, onNews }: Setting): Started {
  const client = new ChatClient(room, picture, folder);
  if (track) client.play(track);
  const panel = new Panel(root, client, onClose, onNews);
  const endRoom = startRoom(client, panel);
  const measured = measureWindow();
  if (!track) client.connect();
  // Tests and people who look behind the scenes.
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
