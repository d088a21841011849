import { byId, element } from '../ui/dom';

const camera = byId<HTMLSelectElement>('camera');
const microphone = byId<HTMLSelectElement>('microphone');
const preview = byId<HTMLVideoElement>('preview');

const NONE = 'none';
const PICTURE: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };

let stream = new MediaStream();

/** What camera and microphone give now. */
export const currentStream = (): MediaStream => stream;

/**
 * Opens the chosen camera and microphone, and shows them. The old ones are closed first,
 * since some systems lend a camera once.
 */
export async function openDevices(): Promise<MediaStream> {
  for (const track of stream.getTracks()) track.stop();
  const media = navigator.mediaDevices;
  if (!media) throw new Error('The browser lends camera and microphone to HTTPS pages only. Open this page by https://.');
  const audio = microphone.value === NONE ? false : chosen(microphone, {});
  stream = await media.getUserMedia({ video: chosen(camera, PICTURE), audio });
  preview.srcObject = stream;
  await listDevices();
  return stream;
}

/** Calls back when another camera or microphone is chosen, or one is plugged in. */
export function onDeviceChange(changed: () => void): void {
  camera.addEventListener('change', changed);
  microphone.addEventListener('change', changed);
  navigator.mediaDevices?.addEventListener('devicechange', () => void listDevices());
}

function chosen(select: HTMLSelectElement, also: MediaTrackConstraints): MediaTrackConstraints {
  return select.value ? { ...also, deviceId: { exact: select.value } } : also;
}

/** Names become known with the permission, so they are listed after it. */
async function listDevices(): Promise<void> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  fill(camera, devices, 'videoinput', 'Camera');
  fill(microphone, devices, 'audioinput', 'Microphone');
  microphone.append(option(NONE, 'No sound'));
}

function fill(select: HTMLSelectElement, devices: MediaDeviceInfo[], kind: MediaDeviceKind, name: string): void {
  const used = stream.getTracks().find((track) => track.kind === (kind === 'videoinput' ? 'video' : 'audio'))?.getSettings().deviceId;
  const before = select.value;
  const ours = devices.filter((device) => device.kind === kind);
  select.replaceChildren(...ours.map((device, i) => option(device.deviceId, device.label || `${name} ${i + 1}`)));
  select.value = before === NONE ? NONE : (used ?? before);
}

function option(value: string, text: string): HTMLOptionElement {
  const o = element('option', '', text);
  o.value = value;
  return o;
}

/** What a failure to open a device means. */
export function deviceFault(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
      return 'Allow camera and microphone: the browser asks at the address bar.';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera or no microphone was found. Connect one, then choose it here.';
    case 'NotReadableError':
      return 'Camera or microphone is in use by another program. Close that, then choose it again.';
  }
  return error instanceof Error ? error.message : String(error);
}
