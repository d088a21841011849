import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, randomId, Word } from './.out/net/cmcd.js';
import { CDNHosts } from './.out/player/cdnhosts.js';

test('keys are sorted, numbers rounded, and unknown values left out', () => {
  const text = encode({ sid: 'a', e: new Word('ps'), bl: 1499.6, cdn: '', ltc: undefined, mtp: NaN, bsd: 0 });
  assert.equal(text, 'bl=1500,bsd=0,e=ps,sid="a"');
});

test('quotes in strings are escaped', () => {
  assert.equal(encode({ cid: 'a"b\\c' }), 'cid="a\\"b\\\\c"');
});

test('sessions have names of their own', () => {
  assert.match(randomId(), /^[0-9a-f]{32}$/);
  assert.notEqual(randomId(), randomId());
});

test('addresses tell the CDN that steering named', () => {
  const hosts = new CDNHosts();
  hosts.addClones([{ ID: 'edge-a', 'URI-REPLACEMENT': { HOST: 'A.example' } }, { ID: 'edge-a.2', 'URI-REPLACEMENT': { HOST: 'a.example' } }, { ID: 'odd', 'URI-REPLACEMENT': {} }]);
  assert.equal(hosts.nameOf('https://a.example:8443/live/show/x.m3u8'), 'edge-a');
  assert.equal(hosts.nameOf('https://b.example/'), '');
  assert.equal(hosts.nameOf('not a URL'), '');
});
