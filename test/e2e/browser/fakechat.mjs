// A stand-in for the chat's server, for tests of the watch page that need refusals,
// interruptions and crowds at will: centrifuge's JSON protocol as far as its client
// speaks it here, one room, and the room's objects beside the playlists.
import { WebSocketServer } from 'ws';

const EPOCH = 'abcd';
const KEPT = 200;
/** As the film's segments are long. */
const CUT = 2000;

/** Opens a room on what fakeorigin's serve() returned. */
export function openRoom({ server, state }, room = 'show') {
  const chat = new Room(room, state);
  state.chat = true;
  state.handle = (request, response, url) => chat.serveObject(url, response) || chat.serveSession(request, response, url);
  const sockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (chat.blocked) return socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (ws) => chat.join(ws));
  });
  return chat;
}

/** Somebody who writes. */
export const user = (name, more = {}) => ({ id: `u-${name}`, name, role: 'member', ...more });

/** A token as the stand-in reads them: nobody signs it. */
export function tokenOf(user) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ user })}.c2ln`;
}

class Room {
  blocked = false;
  full = false;
  guests = 'write';
  login = false;
  /** Publishing answers with this error, if it is one: {code, message}. */
  refusal = null;
  /** Publications are swallowed with their answers, as by a connection that dies. */
  silent = false;
  settings = { type: 'room', revision: 1, sent: 1 };
  emotes = {};
  clients = new Set();
  expired = new Set();
  /** Of all who came in, as they gave them. */
  tickets = [];
  published = [];
  nonces = new Set();
  recorded = [];

  constructor(name, state) {
    this.name = name;
    this.state = state;
    this.began = state.began;
    this.log = []; // {offset, data}
    this.users = new Map();
    this.count = 0;
  }

  join(ws) {
    if (this.full) return ws.close(4101, 'too many connections now');
    const client = { ws, user: null, rooms: new Set() };
    this.clients.add(client);
    ws.on('close', () => this.clients.delete(client));
    ws.on('message', (frame) => {
      for (const line of String(frame).split('\n')) if (line) this.command(client, JSON.parse(line));
    });
  }

  command(client, command) {
    const { id } = command;
    if (!command.connect && !client.user) return;
    const answer = (body) => client.ws.send(JSON.stringify({ id, ...body }));
    if (command.connect) {
      const welcome = this.connect(client, command.connect);
      return welcome ? answer({ connect: welcome }) : client.ws.close(command.connect.token ? 4502 : 4500, 'sign in');
    }
    if (command.subscribe) return answer({ subscribe: this.subscribe(client, command.subscribe) });
    if (command.history) {
      const { limit = 0, reverse } = command.history;
      const all = reverse ? [...this.log].reverse() : this.log;
      return answer({ history: { publications: all.slice(0, limit || undefined), epoch: EPOCH, offset: this.offset } });
    }
    if (command.publish) {
      if (this.silent) return;
      const refusal = this.publish(client, command.publish.data);
      return answer(refusal ? { error: refusal } : { publish: {} });
    }
    if (command.rpc) {
      const { data, error } = this.rpc(client, command.rpc);
      return answer(error ? { error } : { rpc: { data } });
    }
    if (id) answer({ error: { code: 104, message: 'method not found' } });
  }

  connect(client, { token, data = {} }) {
    if ((token && this.expired.has(token)) || (!token && this.guests === 'off')) return null;
    const known = this.users.get(data.guest);
    const user = known ?? { id: `g${this.users.size + 1}`, name: data.name ?? '', role: 'guest' };
    if (token) Object.assign(user, JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).user);
    const ticket = data.guest && known ? data.guest : `ticket-${user.id}`;
    this.users.set(ticket, user);
    client.user = user;
    return {
      client: `c${++this.count}`, version: 'fake', ping: 25, pong: true,
      data: { user, guest: token ? undefined : ticket, now: Date.now(), write: this.mayWrite(user), guests: this.guests, login: this.login },
    };
  }

  mayWrite(user) {
    return user.role !== 'guest' || this.guests === 'write';
  }

  subscribe(client, { channel, recover, offset = 0, data }) {
    this.tickets.push(data?.ticket ?? '');
    client.rooms.add(channel);
    const result = { recoverable: true, positioned: true, epoch: EPOCH, offset: this.offset };
    if (!channel.startsWith('chat:')) return {};
    const { user } = client;
    const you = { write: this.mayWrite(user), moderate: user.role === 'moderator' || user.role === 'host' };
    result.data = { room: this.settings, emotes: this.emotes, segment: CUT, you };
    if (!recover) return result;
    const missed = this.log.filter((publication) => publication.offset > offset);
    const recovered = missed.length === this.offset - offset;
    return { ...result, was_recovering: true, recovered, publications: recovered ? missed : [] };
  }

  publish(client, { text, at, reply, nonce }) {
    if (this.refusal) return this.refusal;
    if (this.nonces.has(nonce)) return null;
    this.nonces.add(nonce);
    this.published.push(text);
    const original = reply && this.log.find(({ data }) => data.id === reply)?.data;
    const quote = original && { id: reply, user: original.user.id, name: original.user.name, text: original.text.slice(0, 80) };
    const mentions = [...this.users.values()].filter(({ name }) => name && text.includes(`@${name}`)).map(({ id }) => id);
    this.say(client.user, text, { at, ...(quote && { reply: quote }), ...(mentions.length && { mentions }) });
    return null;
  }

  rpc(client, { method, data }) {
    if (method === 'name') {
      if (data.name === 'taken') return { error: { code: 4008, message: 'the name is taken' } };
      client.user.name = data.name;
      return { data: { user: client.user, guest: `ticket-${client.user.id}` } };
    }
    if (method === 'users') return { data: { users: [...this.users.values()].filter(({ name }) => name.toLowerCase().startsWith(data.prefix.toLowerCase())) } };
    if (method === 'command') return { data: { done: `Did ${data.text}` } };
    return { data: {} };
  }

  /** Somebody writes; returns the message. */
  say(user, text, more = {}) {
    const sent = Date.now();
    const message = { id: `m${String(++this.count).padStart(8, '0')}`, text, user, sent, ...more, at: more.at || sent };
    this.send(message);
    return message;
  }

  send(data) {
    const publication = { data, offset: this.offset + 1 };
    this.log.push(publication);
    if (this.log.length > KEPT) this.log.shift();
    this.objects().push({ ...data, sent: data.sent });
    this.push(`chat:${this.name}`, publication);
  }

  push(channel, pub) {
    const frame = JSON.stringify({ push: { channel, pub } });
    for (const { ws, rooms } of this.clients) if (rooms.has(channel)) ws.send(frame);
  }

  /** To one user alone, as in a room of which all others get a sample. */
  direct(to, message) {
    const frame = JSON.stringify({ push: { message: { data: { type: 'direct', room: this.name, message } } } });
    for (const { ws, user } of this.clients) if (user.name === to) ws.send(frame);
  }

  /** Ends all connections, as a proxy that is restarted does, or with a reason. */
  drop(code, reason = '') {
    for (const { ws } of this.clients) code ? ws.close(code, reason) : ws.terminate();
  }

  get offset() {
    return this.log.at(-1)?.offset ?? 0;
  }

  objects() {
    return this.recorded;
  }

  /** chat/index.json and chat/N.json of the stream and of its recordings. */
  serveObject(url, response) {
    const match = /\/chat\/(index|\d+)\.json$/.exec(url.pathname);
    if (!match) return false;
    const whole = url.pathname.includes('/recordings/');
    const json = (body) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    if (match[1] !== 'index') json(this.object(Number(match[1])));
    else this.serveIndex(whole, Number(url.searchParams.get('_HLS_msn') ?? -1), json);
    return true;
  }

  /** Built-in accounts: one, whose password is "open sesame". */
  serveSession(request, response, url) {
    if (url.pathname !== '/chat/session') return false;
    let body = '';
    request.on('data', (data) => (body += data));
    request.on('end', () => {
      const { name, password } = JSON.parse(body);
      if (password !== 'open sesame') return response.writeHead(401).end();
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ token: tokenOf({ id: `a-${name}`, name, role: 'moderator' }) }));
    });
    return true;
  }

  serveIndex(whole, wanted, json) {
    const next = whole ? 150 : Math.floor((Date.now() - this.began) / CUT);
    if (!whole && next <= wanted) return setTimeout(() => this.serveIndex(whole, wanted, json), 100);
    const first = whole ? 0 : Math.max(0, next - 30);
    const objects = [];
    for (let n = first; n < next; n++) objects.push({ n, date: this.began + n * CUT, duration: CUT, items: this.itemsOf(n).length });
    return json({ version: 1, first, next, objects });
  }

  object(n) {
    return { n, date: this.began + n * CUT, duration: CUT, items: this.itemsOf(n) };
  }

  itemsOf(n) {
    const from = this.began + n * CUT;
    return this.recorded.filter(({ sent }) => sent >= from && sent < from + CUT);
  }
}
