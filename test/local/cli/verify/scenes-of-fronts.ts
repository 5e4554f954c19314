// Scenes for the proofs of the API's front and of logins: one in which the assumption holds, and others in which it does not.
import { rootCertificates } from 'node:tls';
import { AwsFault } from '../../../fakes/fake-aws.ts';
import { NAMESPACE, type Asked, type Place, type Reply, type Scene, type Scenes } from './scene.ts';

const MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;

const administrator = (forged: number): Scene => ({
  api: ({ headers }) =>
    headers.authorization === 'Bearer my-token'
      ? { status: 201, body: { status: { userInfo: { groups: ['system:masters'] } } } }
      : { status: forged },
});

/** `again`: what discovery answers the second time. */
const emptyAnswers = (again: Reply): Scene => ({
  api: ({ method, headers }) => {
    if (method === 'HEAD') return { status: 405 };
    const tag = { 'content-type': 'application/json;as=apidiscovery', etag: '"one"' };
    return headers['if-none-match'] === '"one"'
      ? { ...again, headers: { ...tag, ...again.headers } }
      : { headers: tag };
  },
});

const refusal = (code: number): Reply => ({ status: code, body: { kind: 'Status', code } });

/** `edge`: what becomes of a refusal on its way. */
const refusals = (edge: (reply: Reply) => Reply): Scene => ({
  api: ({ method, path, headers, body, times }) => {
    if (headers.authorization !== 'Bearer my-token') return edge(refusal(401));
    if (method === 'GET') return edge(refusal(404));
    if (method === 'PUT') return edge(refusal(405));
    if (method !== 'POST' || path !== MAPS) return undefined;
    if (body.includes('No Name')) return edge(refusal(422));
    return times === 0 ? undefined : edge(refusal(409));
  },
});

const paths = (edge: (path: string) => string): Scene => ({
  api: ({ path }) => ({
    status: edge(path).includes('/pods/') ? 200 : edge(path).includes('%2F') ? 404 : 200,
  }),
});

/** A list of what was made, unless an edge stands in its way. */
function largeAnswers(edge?: Reply): Scene {
  const made: unknown[] = [];
  return {
    api: ({ method, body }) => {
      if (method === 'POST') made.push(JSON.parse(body));
      return method === 'GET' ? (edge ?? { body: { items: made } }) : undefined;
    },
  };
}

/** A watch that ends with this many events, or stays open for a second one. */
function streaming(events: number): Scene {
  let send: ((name: string) => void) | undefined;
  let first = '';
  return {
    stream: ({ method, url, body }, answer) => {
      if (method === 'POST') {
        const { name } = (JSON.parse(body) as { metadata: { name: string } }).metadata;
        if (send === undefined) first = name;
        else send(name);
        return false;
      }
      if (url.searchParams.get('watch') !== 'true') return false;
      const write = (name: string): void => {
        answer.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`);
      };
      answer.writeHead(200, { 'content-type': 'application/json' });
      if (events > 0) write(first);
      if (events > 1) send = write;
      else answer.end();
      return true;
    },
  };
}

const sync = (reply: Reply): Scene => ({
  aws: ({ server, ca }: Place) => ({
    GetFunctionConfiguration: {
      Environment: { Variables: { DROPPOD_SYNC_URL: `${server}/sync`, DROPPOD_CA: ca } },
    },
  }),
  api: ({ path }: Asked) => (path === '/sync' ? reply : undefined),
});

const REQUESTED: Reply = {
  status: 201,
  body: {
    status: {
      token: `x.${Buffer.from('{"iss":"https://api.example"}').toString('base64url')}.y`,
    },
  },
};

const issuer = (named: string): Scene => ({
  api: ({ path, headers }) => {
    if (path.endsWith('/serviceaccounts/default/token')) return REQUESTED;
    if (headers.authorization !== undefined) return { status: 400 };
    if (path === '/.well-known/openid-configuration') return { body: { issuer: named } };
    return path === '/openid/v1/jwks' ? { body: { keys: [{ kid: 'k' }] } } : undefined;
  },
});

const trustedRoots = (given: (ca: string) => string): Scene => ({
  api: ({ path }, { ca }) =>
    path === '/version'
      ? { body: { major: '1' } }
      : path.endsWith('/kube-root-ca.crt')
        ? { body: { data: { 'ca.crt': given(ca) } } }
        : undefined,
});

/** IAM's verdicts by function and table. */
const keyRights = (verdict: (role: string, table: string) => string): Scene => ({
  aws: () => ({
    GetFunctionConfiguration: ({ FunctionName }) => ({ Role: String(FunctionName) }),
    SimulatePrincipalPolicy: (input) => ({
      EvaluationResults: [
        {
          EvalActionName: 'dynamodb:GetItem',
          EvalDecision: verdict(
            String(input['PolicySourceArn']),
            String(input['ResourceArns.member.1']),
          ),
        },
      ],
    }),
  }),
});
const OWN_TABLE = /:table\/Droppod-Objects$/;

const PROVIDER = { OidcProviderArn: 'arn:aws:iam::000000000000:oidc-provider/api.example' };
const webIdentity = (session: object | (() => AwsFault)): Scene => ({
  outputs: PROVIDER,
  api: ({ path }) => (path.endsWith('/token') ? REQUESTED : undefined),
  aws: () => ({
    CreateRole: ({ RoleName, AssumeRolePolicyDocument }) => ({
      Role: {
        RoleName,
        RoleId: 'r',
        Path: '/',
        Arn: `arn:aws:iam::000000000000:role/${String(RoleName)}`,
        CreateDate: '2026-01-01T00:00:00Z',
        AssumeRolePolicyDocument,
      },
    }),
    DeleteRole: {},
    AssumeRoleWithWebIdentity: session,
  }),
});

/** A certificate that no key here signs with. */
const OTHER_ROOT = rootCertificates[0] ?? '';
const HTML: Reply = { headers: { 'content-type': 'text/html' }, body: '<html>Forbidden</html>' };

export const FRONTS: Record<string, Scenes> = {
  administrator: {
    holds: administrator(401),
    fails: { 'a changed token is taken too': administrator(201) },
  },
  'empty-answers': {
    holds: emptyAnswers({ status: 304 }),
    fails: {
      'the status is lost': emptyAnswers({ status: 200 }),
      'the type is lost': emptyAnswers({
        status: 304,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    },
  },
  refusals: {
    holds: refusals((reply) => reply),
    fails: {
      'an edge has a page of its own': refusals(({ status = 0 }) => ({ ...HTML, status })),
      'an edge changes statuses': refusals((reply) => ({ ...reply, status: 502 })),
    },
  },
  paths: {
    holds: paths((path) => path),
    fails: { 'an edge decodes them': paths(decodeURIComponent) },
  },
  'large-answers': {
    holds: largeAnswers(),
    fails: { 'it is too large for a function': largeAnswers({ status: 502 }) },
    unproven: {
      'an emulator that answers in one piece': {
        ...largeAnswers({ status: 502 }),
        isAws: false,
      },
    },
  },
  'large-bodies': {
    holds: { api: () => ({ status: 413 }) },
    fails: { 'the function fails': { api: () => ({ status: 502 }) } },
  },
  streaming: {
    holds: streaming(2),
    fails: { 'an answer comes in one piece': streaming(1), 'nothing comes': streaming(0) },
    unproven: { 'an emulator that answers in one piece': { ...streaming(1), isAws: false } },
  },
  'marked-refusal': {
    holds: sync({ status: 401, body: { leave: { reason: 'nobody' } } }),
    fails: {
      'an edge has a page of its own': sync({ ...HTML, status: 403 }),
      'the function does not know the URL': {
        aws: () => ({ GetFunctionConfiguration: { Environment: { Variables: {} } } }),
      },
    },
  },
  issuer: {
    holds: issuer('https://api.example'),
    fails: { 'it names another': issuer('https://other.example') },
  },
  'trusted-roots': {
    holds: trustedRoots((ca) => ca),
    fails: {
      'another authority is trusted': trustedRoots(() => OTHER_ROOT),
      'none is': trustedRoots(() => ''),
    },
  },
  'key-rights': {
    holds: keyRights((role, table) =>
      OWN_TABLE.test(table) && role.includes('Functionsapi') ? 'allowed' : 'explicitDeny',
    ),
    fails: {
      'the condition is not looked at': keyRights((_, table) =>
        OWN_TABLE.test(table) ? 'allowed' : 'implicitDeny',
      ),
      'nobody may': keyRights(() => 'implicitDeny'),
    },
    unproven: {
      'everything is allowed': keyRights(() => 'allowed'),
      'an emulator does not know the call': {
        aws: () => ({
          GetFunctionConfiguration: { Role: 'r' },
          SimulatePrincipalPolicy: () => new AwsFault('InvalidAction'),
        }),
        isAws: false,
      },
    },
  },
  'web-identity': {
    holds: webIdentity({
      AssumedRoleUser: { Arn: 'arn:aws:sts::000000000000:assumed-role/r/s', AssumedRoleId: 'r:s' },
    }),
    fails: {
      'IAM does not read the keys': webIdentity(
        () => new AwsFault('InvalidIdentityToken', "Couldn't retrieve verification key"),
      ),
    },
    unproven: { 'a stack without a provider': {} },
  },
};
