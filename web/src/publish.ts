import { Broadcast, type State } from './publish/broadcast';
import { currentStream, deviceFault, onDeviceChange, openDevices } from './publish/devices';
import { describeRates, type Rates } from './publish/rates';
import { byId, setText } from './ui/dom';
import { setupTheme } from './ui/theme';

const ENDPOINT = new URL('/whip', location.href).href;
const STATES: Record<State, string> = { idle: 'Not live', connecting: 'Connecting…', live: 'Live' };

const form = byId<HTMLFormElement>('publish');
const key = byId<HTMLInputElement>('key');
const start = byId<HTMLButtonElement>('start');
const stop = byId<HTMLButtonElement>('stop');
const state = byId('state');
const message = byId('message');
const facts = byId('facts');

let broadcast: Broadcast | null = null;

setupTheme();
onDeviceChange(() => void open());
form.addEventListener('submit', (event) => {
  event.preventDefault();
  void goLive();
});
stop.addEventListener('click', () => {
  void broadcast?.stop();
  start.focus();
});
window.addEventListener('pagehide', () => void broadcast?.stop());
void open();

/** Opens the chosen devices, and goes on with them if the broadcast runs. */
async function open(): Promise<boolean> {
  try {
    const stream = await openDevices();
    await broadcast?.replace(stream);
    fault('');
    return true;
  } catch (error) {
    fault(deviceFault(error));
    return false;
  }
}

async function goLive(): Promise<void> {
  fault('');
  if (currentStream().getTracks().length === 0 && !(await open())) return;
  broadcast = new Broadcast(ENDPOINT, key.value.trim(), currentStream(), { state: showState, fault, rates: showRates });
  broadcast.start();
}

function showState(now: State): void {
  const idle = now === 'idle';
  setText(state, STATES[now]);
  state.dataset.state = now;
  start.hidden = !idle;
  stop.hidden = idle;
  facts.hidden = now !== 'live';
  key.readOnly = !idle;
  if (now === 'live') fault('');
  if (!idle && document.activeElement === document.body) stop.focus();
}

function showRates(rates: Rates): void {
  const texts = describeRates(rates);
  setText(byId('bitrate'), texts.bitrate);
  setText(byId('picture'), texts.picture);
  setText(byId('roundtrip'), texts.roundTrip);
  setText(byId('loss'), texts.loss);
}

function fault(text: string): void {
  setText(message, text);
  message.hidden = text === '';
}
