// An identity provider for tests: oidc-provider (OpenID Connect, certified) on one port of this machine.
//
// The file named by PROVIDER has the issuer, the client, the people with their claims, and the keys, newest first.
// SIGHUP reads it again: the provider then signs with the first key, and its sessions stay. `read` on standard
// output says that it did.

import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import Provider from 'oidc-provider';

const file = process.env.PROVIDER;
let settings = JSON.parse(readFileSync(file, 'utf8'));

// What the provider keeps: it outlasts a change of keys.
const kept = new Map();

class Kept {
  constructor(kind) {
    this.kind = kind;
  }

  async upsert(id, payload) {
    kept.set(`${this.kind} ${id}`, payload);
  }

  async find(id) {
    return kept.get(`${this.kind} ${id}`);
  }

  async findByUid(uid) {
    return [...kept].find(([name, { uid: known }]) => name.startsWith(`${this.kind} `) && known === uid)?.[1];
  }

  async consume(id) {
    kept.get(`${this.kind} ${id}`).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    kept.delete(`${this.kind} ${id}`);
  }

  async revokeByGrantId(grantId) {
    for (const [name, payload] of kept) if (payload.grantId === grantId) kept.delete(name);
  }
}

function provider() {
  const made = new Provider(settings.issuer, {
    adapter: Kept,
    clients: [settings.client],
    jwks: { keys: settings.keys },
    cookies: { keys: ['of tests alone'] },
    claims: { openid: ['sub', 'groups', 'preferred_username', 'name', 'until', 'uscc', 'org_name', 'amr'] },
    conformIdTokenClaims: false,
    features: {
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
      devInteractions: { enabled: true },
    },
    // oidc-provider calls no address of the machine itself, and here the city is one
    fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined }),
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...settings.people[id] }) }),
    loadExistingGrant: async (ctx) => {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  made.on('server_error', (_, error) => console.error(error));
  made.on('backchannel.error', (_, error) => console.error(error));
  return made;
}

// Whoever names a person at the page for signing in is let in, in the way (amr) that the file says.
async function letIn(request, response) {
  let sent = '';
  for await (const part of request) sent += part;
  const accountId = new URLSearchParams(sent).get('login');
  const login = { accountId, amr: settings.people[accountId].amr };
  await made.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false });
}

let made = provider();
process.on('SIGHUP', () => {
  settings = JSON.parse(readFileSync(file, 'utf8'));
  made = provider();
  console.log('read');
});
const { port } = new URL(settings.issuer);
createServer((request, response) => {
  const isLogin = request.method === 'POST' && request.url.startsWith('/interaction/');
  return isLogin ? letIn(request, response) : made.callback()(request, response);
}).listen(Number(port), '127.0.0.1');
