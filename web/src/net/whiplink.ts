/** A STUN or TURN server, as RTCPeerConnection takes it. */
export interface IceServer {
  urls: string;
  username?: string;
  credential?: string;
}

const LINK = /<([^>]*)>((?:\s*;\s*[\w-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^",;\s]*))*)/g;
const PARAMETER = /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",;\s]*))/g;

/** The servers that a Link field names (RFC 9725 §4.6). */
export function iceServersOf(field: string | null): IceServer[] {
  const servers: IceServer[] = [];
  for (const [, urls = '', rest = ''] of (field ?? '').matchAll(LINK)) {
    const parameters = new Map<string, string>();
    for (const [, name = '', quoted, plain] of rest.matchAll(PARAMETER)) {
      parameters.set(name.toLowerCase(), quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1'));
    }
    if (parameters.get('rel') !== 'ice-server') continue;
    const server: IceServer = { urls };
    const username = parameters.get('username');
    const credential = parameters.get('credential');
    if (username !== undefined) server.username = username;
    if (credential !== undefined) server.credential = credential;
    servers.push(server);
  }
  return servers;
}
